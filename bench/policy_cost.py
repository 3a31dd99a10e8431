"""What an event costs the policy in a young campaign and in an old one.

`python bench/policy_cost.py` plays one campaign over two million molecules to 100,000 labels, in a
quarter of a minute, and prints microseconds for each kind of event, decisions included. With
`--share 0.1`, that part of the molecules climbs to a second level.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import replace
from statistics import mean, median
from time import process_time

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
from molsteer.steering.policy.plan import Plan, Rung
from molsteer.steering.policy.state import State

PLAN = Plan(
    budget=200_000,
    slots_simulate=64,
    slots_train=8,
    slots_infer=8,
    buffer=16,
    shortlist=1_000,
    first_training_after=100,
    retrain_after=100,
    during_update="continue",
    warm_start=False,
    merge="progressive",
    members=8,
    space_size=2_000_000,
    chunk_size=10_000,
    attempts=3,
    failure_limit=100,
)
STRETCHES = {500: range(0, 500), 100_000: range(99_500, 100_000)}


def main() -> None:
    """Play the campaign and print a table."""
    parser = ArgumentParser(description="What an event costs the policy.")
    parser.add_argument("--share", type=float, help="part of the molecules that climbs")
    share = parser.parse_args().share
    plan = replace(PLAN, rungs=(Rung("above", share),)) if share else PLAN
    costs_us: dict[tuple[int, str], list[float]] = defaultdict(list)
    for labels, kind, cost_us in campaign(plan, until=100_000):
        for name, stretch in STRETCHES.items():
            if labels in stretch:
                costs_us[name, kind].append(cost_us)
    print(f"{'labels':>8} {'event':<22} {'events':>7} {'median':>8} {'mean':>8} {'worst':>8}  us")
    for (name, kind), costs in sorted(costs_us.items()):
        numbers = f"{median(costs):>8.1f} {mean(costs):>8.1f} {max(costs):>8.1f}"
        print(f"{name:>8} {kind:<22} {len(costs):>7} {numbers}")


def campaign(plan: Plan, until: int) -> Iterator[tuple[int, str, float]]:
    """Play; yields the labels, the kind of event and what it cost in microseconds."""
    state, waiting = State.fresh(plan), deque[Dispatch]()
    event: Event = Began(0.0, tuple(range(0, plan.space_size, 1_000)))
    while state.labels < until:
        started = process_time()
        decision = decide(state, event)
        state, cost_s = decision.state, process_time() - started
        yield state.labels, event.kind, cost_s * 1e6
        waiting.extend(command for command in decision.commands if isinstance(command, Dispatch))
        event = outcome(waiting.popleft())


def outcome(task: Dispatch) -> Event:
    """Every task succeeds; each generation recommends other molecules of a chunk."""
    match task:
        case DispatchSimulation():
            return SimulationSucceeded(0.0, task.task_id, merit=float(37 * task.molecule % 1_009))
        case DispatchTraining():
            return TrainingSucceeded(0.0, task.task_id)
        case DispatchInference():
            first = task.chunk * PLAN.chunk_size
            molecules = ((37 * task.generation + place) % PLAN.chunk_size for place in range(1_000))
            best = tuple(Candidate(first + m, -m - task.chunk / 1e3) for m in molecules)
            return ChunkScored(0.0, task.task_id, best)


if __name__ == "__main__":
    main()
