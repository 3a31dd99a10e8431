"""A campaign as a file that Perfetto and Chrome's tracing open, written as it is read.

The format is Google's "Trace Event Format": complete events (`X`) in lanes, one lane for each
worker process; waiting and settling, of which there is much at the same time, as asynchronous
events (`b`, `e`), which the viewers lay out themselves. Times are whole microseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from molsteer.steering.export.traces.spans import WORK, Span, spans
from molsteer.steering.records.traces.paths import TaskPath, Update

_STEERING = 1
_PROCESSES: Mapping[str, tuple[int, str]] = {
    "simulate": (2, "simulate workers"),
    "train": (3, "train workers"),
    "infer": (4, "infer workers"),
}
_UPDATES = 1
"""The lane of updates, in the process of steering."""

Event = dict[str, object]


def write_chrome_trace(
    file: TextIO, campaign: str, paths: Iterable[TaskPath], updates: Iterable[Update]
) -> int:
    """Write a trace; only one task is in memory at a time.

    Args:
        file: Where to.
        campaign: Its id.
        paths: The tasks.
        updates: The updates of the models.

    Returns:
        How many tasks there are.
    """
    tasks = 0

    def counted() -> Iterator[TaskPath]:
        nonlocal tasks
        for path in paths:
            tasks += 1
            yield path

    header = json.dumps({"displayTimeUnit": "ms", "otherData": {"campaign": campaign}})
    file.write(f'{header[:-1]}, "traceEvents": [')
    for place, event in enumerate(_events(counted(), updates)):
        file.write(f"{',' if place else ''}\n{json.dumps(event)}")
    file.write("\n]}\n")
    return tasks


def _events(paths: Iterable[TaskPath], updates: Iterable[Update]) -> Iterator[Event]:
    yield _named("process_name", "steering", _STEERING)
    yield _named("thread_name", "model updates", _STEERING, _UPDATES)
    for pid, name in _PROCESSES.values():
        yield _named("process_name", name, pid)
    for update in updates:
        span = Span(f"update {update.generation}", update.created_at, update.settled_at)
        yield _complete(span, "update", _STEERING, _UPDATES) | {"args": {"tasks": update.tasks}}
    lanes: dict[tuple[int, str], int] = {}
    for path in paths:
        pid, _ = _PROCESSES[path.topic]
        place = (pid, path.worker or "")
        if path.started_at is not None and place not in lanes:
            lanes[place] = len(lanes) + 1
            yield _named("thread_name", path.worker or "unknown", pid, lanes[place])
        yield from _task(path, pid, lanes.get(place, 0))


def _task(path: TaskPath, pid: int, lane: int) -> Iterator[Event]:
    for span in spans(path):
        if span.name == WORK and span.depth == 0:
            # One span for all that keeps the worker, so that lanes show when it is free.
            end = max(span.end, path.reported_at or span.end)
            whole = Span(path.task_id, span.begin, end)
            yield _complete(whole, path.topic, pid, lane) | {"args": _facts(path)}
        if span.at_worker:
            yield _complete(span, "stage", pid, lane)
        else:
            yield from _asynchronous(span, path)


def _facts(path: TaskPath) -> Event:
    facts = {
        "status": path.status,
        "smiles": path.smiles,
        "starts": path.starts,
        "cpu_s": path.cpu_s,
        "reason": path.reason,
        "message": path.message,
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _complete(span: Span, category: str, pid: int, lane: int) -> Event:
    begin, end = _microseconds(span.begin), _microseconds(span.end)
    times = {"ts": begin, "dur": end - begin}
    return {"ph": "X", "name": span.name, "cat": category, "pid": pid, "tid": lane, **times}


def _asynchronous(span: Span, path: TaskPath) -> Iterator[Event]:
    what = {"name": f"{path.topic}: {span.name}", "cat": path.topic, "id": path.task_id}
    where = {"pid": _STEERING, "tid": _UPDATES}
    yield {"ph": "b", **what, **where, "ts": _microseconds(span.begin)}
    yield {"ph": "e", **what, **where, "ts": _microseconds(span.end)}


def _named(what: str, name: str, pid: int, lane: int = 0) -> Event:
    return {"ph": "M", "name": what, "pid": pid, "tid": lane, "args": {"name": name}}


def _microseconds(at: float) -> int:
    return round(at * 1e6)
