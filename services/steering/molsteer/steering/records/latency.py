"""Where the time of a campaign went, read from its ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from molsteer.shared.wire.topics import TOPICS, Topic
from molsteer.steering.errors import NothingMeasured
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.codecs.journal_codec import from_json
from molsteer.steering.policy.codecs.plan_codec import plan_from
from molsteer.steering.policy.events import PlanChanged, SlotsChanged
from molsteer.steering.policy.plan import Plan
from molsteer.steering.records.durations import (
    Distribution,
    SlotChange,
    Work,
    decisions_s,
    distribution,
    idle_s,
    slot_time_s,
)
from molsteer.steering.records.moved import StoreUse, read_moved
from molsteer.steering.records.tables.task_columns import INTERVALS


@dataclass(frozen=True, slots=True)
class TopicLatency:
    """The tasks of one topic.

    Attributes:
        topic: What they do: simulate, train or infer.
        intervals: How long each interval of a task's life took, of tasks that succeeded.
        tasks: Tasks that workers ended, well or not.
        busy_s: How long these ran, all together.
        slot_time_s: How long there were slots for them, all together.
        utilisation: Busy share of the slot time, None if there was none.
        sent_bytes: Size of all messages to workers.
        received_bytes: Size of all data that came back.
    """

    topic: Topic
    intervals: Mapping[str, Distribution | None]
    tasks: int
    busy_s: float
    slot_time_s: float
    utilisation: float | None
    sent_bytes: int
    received_bytes: int


@dataclass(frozen=True, slots=True)
class Latencies:
    """Where the time went.

    Attributes:
        elapsed_s: From the first order to the last settling, interruptions included.
        topics: The tasks of each topic.
        decision: From the settling of a simulation to the next dispatch of one.
        update: From the first dispatch of an update's training to the settling of its last chunk,
            of updates that were completed.
        simulator_idle: Between two simulations of the same process.
        stores: What moved through the blob stores.
    """

    elapsed_s: float
    topics: Sequence[TopicLatency]
    decision: Distribution | None
    update: Distribution | None
    simulator_idle: Distribution | None
    stores: Sequence[StoreUse]


def read_latencies(ledger: Ledger) -> Latencies:
    """Measure a campaign, finished or not.

    Raises:
        NothingMeasured: If no task has ended yet.
    """
    with ledger.snapshot() as connection:
        begin, end = connection.execute(
            "SELECT min(created_at), max(settled_at) FROM task"
        ).fetchone()
        if end is None:
            raise NothingMeasured
        plan = plan_from(ledger.fact("plan"))
        works = {topic: _works(ledger, topic) for topic in TOPICS}
        slots_s = _slot_times_s(ledger, plan, begin, end)
        return Latencies(
            elapsed_s=end - begin,
            topics=[
                _topic(ledger, topic, _intervals(ledger, topic), works[topic], slots_s[topic])
                for topic in TOPICS
            ],
            decision=distribution(_decisions_s(ledger)),
            update=distribution(_updates_s(ledger, plan.chunks)),
            simulator_idle=distribution(list(idle_s(works["simulate"]))),
            stores=read_moved(ledger),
        )


def _works(ledger: Ledger, topic: Topic) -> list[Work]:
    rows = ledger.connection.execute(
        "SELECT worker, started_at, reported_at FROM task WHERE topic = ? AND starts > 0", (topic,)
    )
    return [Work(*row) for row in rows]


def _slot_times_s(ledger: Ledger, plan: Plan, begin: float, end: float) -> Mapping[Topic, float]:
    rows = ledger.connection.execute(
        "SELECT body FROM event WHERE json_extract(body, '$.kind')"
        " IN ('slots-changed', 'plan-changed') ORDER BY seq"
    )
    changes = defaultdict[Topic, list[SlotChange]](list)
    for (body,) in rows:
        match from_json(body):
            case SlotsChanged(at=at, topic=topic, slots=slots):
                changes[topic].append(SlotChange(at, slots))
            case PlanChanged(at=at, plan=changed):
                for topic, slots in changed.slots.items():
                    changes[topic].append(SlotChange(at, slots))
            case _:
                continue
    return {topic: slot_time_s(plan.slots[topic], changes[topic], begin, end) for topic in TOPICS}


def _topic(
    ledger: Ledger,
    topic: Topic,
    intervals: Mapping[str, Distribution | None],
    works: Sequence[Work],
    slots_s: float,
) -> TopicLatency:
    sent_bytes, received_bytes = ledger.connection.execute(
        "SELECT coalesce(sum(publishes * sent_bytes), 0), coalesce(sum(received_bytes), 0)"
        " FROM task WHERE topic = ?",
        (topic,),
    ).fetchone()
    busy_s = sum(work.reported_at - work.started_at for work in works)
    return TopicLatency(
        topic=topic,
        intervals=intervals,
        tasks=len(works),
        busy_s=busy_s,
        slot_time_s=slots_s,
        utilisation=busy_s / slots_s if slots_s else None,
        sent_bytes=sent_bytes,
        received_bytes=received_bytes,
    )


def _intervals(ledger: Ledger, topic: Topic) -> Mapping[str, Distribution | None]:
    cells = ", ".join(f"{end} - {begin}" for begin, end in INTERVALS.values())
    rows = ledger.connection.execute(
        f"SELECT {cells} FROM task WHERE topic = ? AND status = 'ok'",  # noqa: S608 - all ours
        (topic,),
    ).fetchall()
    return {
        interval: distribution([row[place] for row in rows if row[place] is not None])
        for place, interval in enumerate(INTERVALS)
    }


def _decisions_s(ledger: Ledger) -> list[float]:
    settled_at, dispatched_at = (
        [at for (at,) in ledger.connection.execute(query)]
        for query in (
            "SELECT settled_at FROM task WHERE topic = 'simulate' AND settled_at IS NOT NULL",
            "SELECT dispatched_at FROM task WHERE topic = 'simulate' AND dispatched_at IS NOT NULL",
        )
    )
    return list(decisions_s(settled_at, dispatched_at))


def _updates_s(ledger: Ledger, chunks: int) -> list[float]:
    rows = ledger.connection.execute(
        "SELECT max(settled_at) FILTER (WHERE topic = 'infer')"
        " - min(dispatched_at) FILTER (WHERE topic = 'train')"
        " FROM task WHERE topic IN ('train', 'infer')"
        " GROUP BY json_extract(command, '$.generation')"
        " HAVING count(DISTINCT json_extract(command, '$.chunk')) = ?"
        " AND count(*) = count(*) FILTER (WHERE state = 'settled')"
        " AND count(*) FILTER (WHERE topic = 'train') > 0",  # given models are not trained
        (chunks,),
    )
    return [duration_s for (duration_s,) in rows]
