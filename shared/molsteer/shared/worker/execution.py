"""One task from message to outcome; Celery and Redis are somebody else's business."""

from __future__ import annotations

import logging
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

from molsteer.shared.blobs.port import Blobs
from molsteer.shared.bus.port import Guard, Run, Verdict
from molsteer.shared.errors import ServiceUnavailable, WireError
from molsteer.shared.failpoints import reach
from molsteer.shared.host.scratch import emptied, task_folder
from molsteer.shared.telemetry.logs import about
from molsteer.shared.telemetry.stages import Stages, keeping_stages
from molsteer.shared.wire.codec import decode_task
from molsteer.shared.wire.key_ring import UNSIGNED, KeyRing
from molsteer.shared.wire.messages import ErrorRecord, Failed, Outcome, Result, Task
from molsteer.shared.wire.stage import Stage
from molsteer.shared.worker.failures import describe
from molsteer.shared.worker.handlers import AnyHandler
from molsteer.shared.worker.port import TaskContext, Value

log = logging.getLogger(__name__)

LOST_STARTS = 10
"""How many starts lost with their whole worker weigh as much as one that killed its process.

Whole workers are lost to batch systems; but a container that is killed for its memory is, too.
"""

PACKET_MOST_S = 2.0
"""How long after a packet's first task others of it begin; later ones go back to the queue."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker process needs to do its tasks.

    Attributes:
        worker: Name of the process in its outcomes.
        site: Where it is; empty if that has no name.
        scratch: Folder in which each task gets one of its own.
        key_ring: What tasks must be signed with.
        note_place: Told which task of a packet has begun.
        folder: What the tasks of a packet have instead of a folder each, one after the other.
    """

    worker: str
    guard: Guard
    blobs: Blobs
    handler: AnyHandler
    scratch: Path
    site: str = ""
    key_ring: KeyRing = UNSIGNED
    note_place: Callable[[int], None] = lambda _: None
    folder: Path | None = None


def execute(data: bytes, bench: Bench) -> None:
    """Do the task in a message, if it is ours to do, and hand over its outcome.

    Raises:
        ServiceUnavailable: If the bus cannot be reached; the message should come back later.
    """
    execute_packet([data], bench)


def execute_packet(packet: Sequence[bytes], bench: Bench) -> bool:
    """Do the tasks of a message one after the other, each as if it had come alone.

    Each begins when the one before it has been handed over, in the same question to the bus.

    Returns:
        Whether all of them had their turn; if not, the message should come back.

    Raises:
        ServiceUnavailable: If the bus cannot be reached; the message should come back later.
    """
    if len(packet) == 1:
        return _execute_in_turn(packet, bench)
    with task_folder(bench.scratch) as folder:
        return _execute_in_turn(packet, replace(bench, folder=folder))


def _execute_in_turn(packet: Sequence[bytes], bench: Bench) -> bool:
    last_begins_s = time.monotonic() + PACKET_MOST_S
    tasks = list(_readable(packet, bench))
    verdict: Verdict | None = None
    one_has_run = False
    for number, (place, task) in enumerate(tasks, 1):
        if verdict is None and one_has_run and time.monotonic() >= last_begins_s:
            return False
        following = None if number == len(tasks) else tasks[number][1]
        with about(campaign=task.campaign, task_id=task.task_id):
            try:
                verdict = verdict or bench.guard.begin(task)
                if isinstance(verdict, Run) and len(packet) > 1:
                    one_has_run = True
                    bench.note_place(place)
                verdict = _execute(task, verdict, following, last_begins_s, bench)
            except ServiceUnavailable as error:
                log.error("The task goes back to the queue: %s", error)
                raise
    return True


def _readable(packet: Sequence[bytes], bench: Bench) -> Iterator[tuple[int, Task]]:
    for place, data in enumerate(packet):
        try:
            yield place, decode_task(data, bench.key_ring)
        except WireError as error:
            log.error("A message was put aside: %s", error)
            bench.guard.bury(data, str(error))


def _execute(
    task: Task, verdict: Verdict, following: Task | None, last_begins_s: float, bench: Bench
) -> Verdict | None:
    """Do a task, and hand over its outcome; tell whether to run the following one, if asked."""
    outcome = _outcome(task, verdict, bench)
    if outcome is None:
        return None
    if time.monotonic() >= last_begins_s:
        following = None
    following_verdict: Verdict | None = None
    if following is None or following.campaign != task.campaign:
        counts = bench.guard.finish(outcome)
    else:
        counts, following_verdict = bench.guard.pass_on(outcome, following)
    reach("task-reported")
    log.info("Task ended.", extra={"result": outcome.result.kind, "counts": counts})
    return following_verdict


def _outcome(task: Task, verdict: Verdict, bench: Bench) -> Outcome | None:
    match verdict:
        case Run() as run:
            log.info("Task begins.", extra={"start": run.start})
            reach("task-begun")
            outcome = _run(task, run, bench)
            reach("task-done")
            return outcome
        case "cancelled":
            log.info("Task was cancelled before it began.")
            return ended(task, cancelled(), bench.worker, started_at=time.time())
        case "busy" | "done":
            log.info("Task is left alone.", extra={"verdict": verdict})
            return None
        case _:
            assert_never(verdict)


def ended(task: Task, result: Result, worker: str, *, started_at: float, start: int = 0) -> Outcome:
    """Report a task whose work used no processor time that could be measured."""
    now = max(started_at, time.time())  # a clock may be set back
    return Outcome(
        campaign=task.campaign,
        task_id=task.task_id,
        attempt=task.attempt,
        start=start,
        worker=worker,
        started_at=started_at,
        ended_at=now,
        reported_at=now,
        result=result,
    )


def cancelled() -> Failed:
    """Say that steering took a task back."""
    message = "Steering took the task back."
    return Failed(
        status="cancelled", error=ErrorRecord(code="cancelled", message=message, retryable=False)
    )


def timed_out(max_s: float) -> Failed:
    """Say that a task was killed at its hard limit."""
    return Failed(
        status="timeout",
        error=ErrorRecord(
            code="timeout",
            message=f"The task took longer than its hard limit of {max_s:g} s and was killed.",
            retryable=False,
            facts={"max_s": max_s},
        ),
    )


def _run(task: Task, run: Run, bench: Bench) -> Outcome:
    started_at, cpu_s = time.time(), _cpu_s()
    with keeping_stages() as stages:
        result = _poison(task, run) or _result(task, bench)
    outcome = ended(task, result, bench.worker, started_at=started_at, start=run.start)
    transfers = bench.blobs.take_transfers()
    # The last step of every handler is to store what it found, which is no work but reporting.
    storing_s = sum(moved.duration_s for moved in transfers if moved.operation == "put")
    measured = {
        "site": bench.site,
        "ended_at": max(started_at, outcome.ended_at - storing_s),
        "cpu_s": _cpu_s() - cpu_s,
        "transfers": transfers,
        "stages": _told(stages),
    }
    return outcome.model_copy(update=measured)


def _told(stages: Stages) -> tuple[Stage, ...]:
    return tuple(
        Stage(name=each.name or "unnamed", after_s=each.after_s, duration_s=each.duration_s)
        for each in stages.ended
    )


def _result(task: Task, bench: Bench) -> Result:
    try:
        own = emptied(bench.folder) if bench.folder else task_folder(bench.scratch)
        with own as scratch:
            value = bench.handler(
                task.body,
                TaskContext(
                    blobs=bench.blobs, reply=task.reply, scratch=scratch, remaining_s=task.max_s
                ),
            )
        if not isinstance(value, Value):
            raise TypeError(f"The handler of {task.topic} returned {type(value).__name__}.")
    except Exception as error:
        record = describe(error)
        log.warning("Task failed: %s", record.message, extra={"code": record.code})
        return Failed(status="error", error=record)
    return value


def _poison(task: Task, run: Run) -> Failed | None:
    """Give a task up that took its process down too often, or its whole worker far too often."""
    began = run.start - 1
    if run.killed >= task.max_starts:
        happened = f"it took its process down {run.killed} times"
    elif began >= LOST_STARTS * task.max_starts:
        happened = f"it began {began} times, and nearly each time its whole worker was lost"
    else:
        return None
    return Failed(
        status="poison",
        error=ErrorRecord(
            code="poison",
            message=f"The task never ended: {happened}. Look for memory that ran out.",
            retryable=False,
            facts={"max_starts": task.max_starts, "starts": began, "killed": run.killed},
        ),
    )


def _cpu_s() -> float:
    """Processor time so far, of this process and of those it started and waited for."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
