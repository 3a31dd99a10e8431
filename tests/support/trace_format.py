"""What Google's "Trace Event Format" demands of a file, as far as it is used here."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

Event = dict[str, Any]

_NEEDED = {
    "M": {"name", "pid", "tid", "args"},
    "X": {"name", "cat", "pid", "tid", "ts", "dur"},
    "b": {"name", "cat", "id", "pid", "tid", "ts"},
    "e": {"name", "cat", "id", "pid", "tid", "ts"},
}


def read_trace(file: Path) -> list[Event]:
    """Read a trace, and make sure that viewers can draw it.

    Every event has what its phase needs, spans of a lane lie within or behind each other, every
    asynchronous beginning has its end, and every lane and process has a name.
    """
    document = json.loads(file.read_bytes())
    assert document["displayTimeUnit"] in {"ms", "ns"}
    events: list[Event] = document["traceEvents"]
    for event in events:
        assert event.keys() >= _NEEDED[event["ph"]], event
        for number in ("pid", "tid", "ts", "dur"):
            assert isinstance(event.get(number, 0), int), event
            assert event.get(number, 0) >= 0, event
    _check_lanes(events)
    _check_pairs(events)
    return events


def _check_lanes(events: list[Event]) -> None:
    lanes = defaultdict[tuple[int, int], list[Event]](list)
    for event in events:
        if event["ph"] == "X":
            lanes[event["pid"], event["tid"]].append(event)
    named = {(e["pid"], e["tid"]) for e in events if e["name"] == "thread_name"}
    assert lanes.keys() <= named
    assert {pid for pid, _ in lanes} <= {e["pid"] for e in events if e["name"] == "process_name"}
    for spans in lanes.values():
        open_until: list[int] = []
        for span in sorted(spans, key=lambda span: (span["ts"], -span["dur"])):
            while open_until and open_until[-1] <= span["ts"]:
                open_until.pop()
            end = span["ts"] + span["dur"]
            assert not open_until or end <= open_until[-1], span
            open_until.append(end)


def _check_pairs(events: list[Event]) -> None:
    begun = dict[tuple[object, ...], int]()
    for event in events:
        key = (event.get("cat"), event.get("id"), event["name"])
        if event["ph"] == "b":
            assert key not in begun, event
            begun[key] = event["ts"]
        elif event["ph"] == "e":
            assert begun.pop(key) <= event["ts"]
    assert not begun
