"""The path of tasks as text: what happened when, and how long it took."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from molsteer.shared.foreign_text import one_line
from molsteer.shared.wording import counted
from molsteer.steering.export.traces.spans import WORK, Span, spans
from molsteer.steering.records.traces.paths import TaskPath

_NAME_WIDTH = 40


def timeline(path: TaskPath) -> Iterator[str]:
    """Write one attempt, line by line."""
    yield _title(path)
    begun = datetime.fromtimestamp(path.created_at).astimezone()
    yield f"  asked for at {begun.isoformat(' ', 'milliseconds')}"
    for span in spans(path):
        yield _line(path, span)
    yield from _rest(path)


def _title(path: TaskPath) -> str:
    molecule = f"  {one_line(path.smiles)}" if path.smiles else ""
    took = ""
    if path.settled_at is not None:
        took = f" after {path.settled_at - path.created_at:.3f} s"
    return f"{path.task_id}: {path.status or path.state}{took}{molecule}"


def _line(path: TaskPath, span: Span) -> str:
    name = one_line(span.name)
    if span.name == WORK and span.depth == 0 and path.worker:
        name = f"{WORK} by {one_line(path.worker)}"
    indented = f"{'  ' * span.depth}{name}"
    after = f"+{span.begin - path.created_at:.3f}"
    return f"  {after:>12}  {indented:<{_NAME_WIDTH}} {span.duration_s:10.3f} s"


def _rest(path: TaskPath) -> Iterator[str]:
    """Say what no span tells."""
    match path.state:
        case "ready":
            yield "  It waits to be put into its queue."
        case "dispatched":
            yield "  It is in its queue or under way; no outcome has come."
        case "revoked":
            yield "  Steering took it back."
    if path.cpu_s:
        yield f"  processor time {path.cpu_s:.3f} s"
    if path.publishes > 1:
        yield f"  It was put into its queue {counted(path.publishes, 'time')}."
    if path.starts > 1:
        yield f"  Workers began it {counted(path.starts, 'time')}; the last start is shown."
    if path.reason:
        yield f"  {one_line(path.reason)}: {one_line(path.message or '')}"
