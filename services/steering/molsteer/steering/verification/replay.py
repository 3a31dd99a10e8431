"""Whether the journal, replayed from its beginning, leads to what tables and checkpoint say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from molsteer.steering.ledger import additions, checkpoint, known_labels, tasks
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.codecs.plan_codec import plan_from
from molsteer.steering.policy.commands import Dispatch
from molsteer.steering.policy.decide import decide
from molsteer.steering.policy.errors import PolicyDefect
from molsteer.steering.policy.events import SimulationSucceeded, TaskEnded
from molsteer.steering.policy.plan import Plan
from molsteer.steering.policy.state import State


@dataclass
class _Replay:
    """What a journal tells.

    Attributes:
        state: Where it leads.
        asked: Every task the policy asked for.
        ended: Tasks in the order in which they ended.
        succeeded: Successful simulations among them.
        most_results: The largest budgets there ever were, level by level.
    """

    state: State
    asked: dict[str, Dispatch] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    succeeded: list[str] = field(default_factory=list)
    most_results: dict[str, int] = field(default_factory=dict)


def disagreements(ledger: Ledger) -> Iterator[str]:
    """Name where the replayed journal and the tables tell different stories."""
    plan = ledger.fact("plan")
    if plan is None:
        return
    fresh = State.fresh(plan_from(plan))
    try:
        replay = _replay(ledger, fresh)
    except PolicyDefect as defect:
        yield str(defect)
        return
    for task_id, times in Counter(replay.ended).items():
        if times > 1:
            yield f"Task {task_id} ended {times} times in the journal."
    yield from _tasks(ledger, replay)
    yield from _results(ledger, replay)
    yield from _end(ledger, replay)
    yield from _additions(ledger, replay, fresh.plan)
    yield from _checkpoint(ledger, replay, fresh)


def _replay(ledger: Ledger, fresh: State) -> _Replay:
    replay = _Replay(fresh)
    for event in ledger.events():
        decision = decide(replay.state, event)
        replay.state = decision.state
        for level, budget in _budgets(replay.state.plan):
            replay.most_results[level] = max(replay.most_results.get(level, 0), budget)
        for command in decision.commands:
            if isinstance(command, Dispatch):
                replay.asked[command.task_id] = command
        if isinstance(event, TaskEnded):
            replay.ended.append(event.task_id)
        if isinstance(event, SimulationSucceeded):
            replay.succeeded.append(event.task_id)
    return replay


def _tasks(ledger: Ledger, replay: _Replay) -> Iterator[str]:
    known = tasks.commands(ledger)
    yield from _differ("was ordered", set(replay.asked), set(known))
    for task_id in sorted(replay.asked.keys() & known.keys()):
        if replay.asked[task_id] != known[task_id]:
            yield f"Task {task_id} was ordered as {replay.asked[task_id]}, not {known[task_id]}."
    in_flight = {command.task_id for command in replay.state.in_flight}
    yield from _differ("is in flight", in_flight, tasks.in_state(ledger, "ready", "dispatched"))
    yield from _differ("has ended", set(replay.ended), tasks.in_state(ledger, "settled"))


def _budgets(plan: Plan) -> Iterator[tuple[str, int]]:
    yield from zip((plan.level, *(rung.level for rung in plan.rungs)), plan.budgets, strict=True)


def _results(ledger: Ledger, replay: _Replay) -> Iterator[str]:
    rows = ledger.connection.execute("SELECT task_id FROM result ORDER BY number")
    order = [task_id for (task_id,) in rows]
    yield from _differ("gave a result", set(replay.succeeded), set(order))
    if order != replay.succeeded and sorted(order) == sorted(replay.succeeded):
        yield "Results are numbered in another order than the journal has them."
    if replay.state.successes != len(order):
        yield f"The journal leads to {replay.state.successes} results, there are {len(order)}."


def _end(ledger: Ledger, replay: _Replay) -> Iterator[str]:
    finished, expected = ledger.fact("finished"), replay.state.finished
    if finished != expected:
        yield f"The journal leads to the end {expected}, the ledger says {finished}."
    for level, results in ledger.connection.execute(
        "SELECT level, count(*) FROM result GROUP BY level"
    ):
        if results > replay.most_results.get(level, 0):
            yield f"There are {results} results at {level}, and never was a budget of that many."


def _additions(ledger: Ledger, replay: _Replay, begun: Plan) -> Iterator[str]:
    there, plan = known_labels.count(ledger), replay.state.plan
    if plan.known_labels != there:
        yield f"The journal leads to {plan.known_labels} known labels, there are {there}."
    molecules = begun.space_size + additions.total(ledger, "molecules")
    if plan.space_size != molecules:
        yield f"The journal leads to {plan.space_size} molecules, the tables to {molecules}."


def _checkpoint(ledger: Ledger, replay: _Replay, fresh: State) -> Iterator[str]:
    try:
        if checkpoint.reached(ledger, fresh) != replay.state:
            yield "The checkpoint of the policy leads to another state than the whole journal."
    except PolicyDefect as defect:
        yield str(defect)


def _differ(what: str, journal: set[str], table: set[str]) -> Iterator[str]:
    yield from _each(f"Task {{}} {what} by the journal, but not by the tables.", journal - table)
    yield from _each(f"Task {{}} {what} by the tables, but not by the journal.", table - journal)


def _each(sentence: str, task_ids: Iterable[str]) -> Iterator[str]:
    for task_id in sorted(task_ids):
        yield sentence.format(task_id)
