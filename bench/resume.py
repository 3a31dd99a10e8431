"""How long a campaign takes to go on: from its checkpoint, and by replaying its whole journal.

    python bench/resume.py [--updates 200] [--chunks 300] [--chosen 1000000]

Lets the policy play a campaign in which every task succeeds, with a ledger that is written as
steering does, and prints one JSON object.
"""

from __future__ import annotations

import json
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from time import perf_counter

import click
from policy_cost import PLAN
from rpds import HashTrieSet

from molsteer.steering.ledger.checkpoint import Checkpoints, reached, written
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.codecs.journal_codec import to_json
from molsteer.steering.policy.commands import (
    Dispatch,
    DispatchInference,
    DispatchSimulation,
    DispatchTraining,
)
from molsteer.steering.policy.decide import decide
from molsteer.steering.policy.events import (
    Began,
    Candidate,
    ChunkScored,
    Event,
    SimulationSucceeded,
    TrainingSucceeded,
)
from molsteer.steering.policy.plan import Plan
from molsteer.steering.policy.state import State

CHECKPOINT_AFTER = 10_000
TOGETHER = 100
"""Events of one transaction; it is the policy that is measured, not the disk."""


def play(ledger: Ledger, plan: Plan, updates: int) -> Iterator[Event]:
    """Play a campaign into a ledger; yields the events as they are before the journal."""
    chance, state = Random(0), State.fresh(plan)
    simulations, others = deque[Dispatch](), deque[Dispatch]()
    event: Event = Began(0.0, tuple(range(plan.shortlist)))
    checkpoints = Checkpoints()
    while state.model < updates:
        with ledger.transaction():
            checkpoints.keep_when_due(ledger, state, CHECKPOINT_AFTER)
            for number in range(TOGETHER):
                yield event
                decision = decide(state, event)
                ledger.append(decision.kept_event)
                state = decision.state
                for task in decision.commands:
                    if isinstance(task, Dispatch):
                        queue = simulations if isinstance(task, DispatchSimulation) else others
                        queue.append(task)
                queue = others if others and (number % 4 or not simulations) else simulations
                event = outcome(queue.popleft(), plan, chance)


def outcome(task: Dispatch, plan: Plan, chance: Random) -> Event:
    """Every task succeeds; each generation recommends other molecules of a chunk."""
    match task:
        case DispatchSimulation():
            return SimulationSucceeded(1.7e9, task.task_id)
        case DispatchTraining():
            return TrainingSucceeded(1.7e9, task.task_id)
        case DispatchInference(chunk=chunk):
            molecules = chance.sample(plan.molecules_of(chunk), plan.shortlist)
            scores = sorted((chance.gauss(14.0, 1.0) for _ in molecules), reverse=True)
            return ChunkScored(1.7e9, task.task_id, tuple(map(Candidate, molecules, scores)))
        case _:
            raise ValueError(f"Nobody does {task}.")


def reached_in_s(ledger: Ledger, plan: Plan) -> tuple[State, float]:
    """Go on as steering does, and tell how long that took."""
    begun_s = perf_counter()
    state = reached(ledger, State.fresh(plan))
    return state, perf_counter() - begun_s


def kept_in_s(ledger: Ledger, state: State, chosen: int) -> Iterator[float]:
    """Keep a state with so many chosen molecules, and tell what it takes of each transaction."""
    large = replace(state, chosen=HashTrieSet(range(chosen)))
    checkpoints = Checkpoints(1, written(large))
    while checkpoints.writing:
        begun_s = perf_counter()
        with ledger.transaction():
            checkpoints.keep_when_due(ledger, large, CHECKPOINT_AFTER)
        yield perf_counter() - begun_s


@click.command()
@click.option("--updates", default=200, show_default=True)
@click.option("--chunks", default=300, show_default=True)
@click.option("--chosen", default=1_000_000, show_default=True, help="What a checkpoint holds.")
def bench(updates: int, chunks: int, chosen: int) -> None:
    """Print sizes and times; `heard_mb` is what the journal would hold of all candidates."""
    plan = replace(PLAN, space_size=chunks * PLAN.chunk_size, shortlist=400)
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Ledger(Path(folder), create=True)) as ledger,
    ):
        heard_bytes = sum(len(to_json(event)) for event in play(ledger, plan, updates))
        sizes = "SELECT count(*), sum(length(body)) FROM event"
        events, journal_bytes = ledger.connection.execute(sizes).fetchone()
        kept = "SELECT length(state) FROM checkpoint"
        (checkpoint_bytes,) = ledger.connection.execute(kept).fetchone() or (0,)
        state, resume_s = reached_in_s(ledger, plan)
        ledger.connection.execute("DELETE FROM checkpoint")
        replayed, replay_s = reached_in_s(ledger, plan)
        stalls_s = list(kept_in_s(ledger, state, chosen))
    assert state == replayed
    figures = {
        "events": events,
        "labels": state.labels,
        "heard_mb": heard_bytes / 1e6,
        "journal_mb": journal_bytes / 1e6,
        "checkpoint_mb": checkpoint_bytes / 1e6,
        "replay_s": replay_s,
        "resume_s": resume_s,
        "ratio": replay_s / resume_s,
        "keep_s": sum(stalls_s),
        "longest_stall_s": max(stalls_s),
    }
    print(json.dumps({name: round(figure, 3) for name, figure in figures.items()}))


if __name__ == "__main__":
    bench()
