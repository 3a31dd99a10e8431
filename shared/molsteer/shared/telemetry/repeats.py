"""Complaints that are said once and then counted: an outage of hours is no log of hours."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

FIRST_SILENCE_S, LONGEST_SILENCE_S = 60.0, 3600.0
"""How long a complaint is not said again; each time twice as long."""

OVER_AFTER_S = 300.0
"""A complaint that was not made for so long is over; the next one is new."""

_MOST_KNOWN = 256
_NUMBERS = re.compile(r"\d+(\.\d+)?")


@dataclass
class _Complaint:
    """What was complained of, and what was not said since.

    Attributes:
        last: The last record of it.
        said_at: When it was said last.
        silence_s: How long it is not said after that.
        unsaid: How often it was made since.
    """

    last: logging.LogRecord
    said_at: float
    silence_s: float = FIRST_SILENCE_S
    unsaid: int = 0


class Counted(logging.Handler):
    """Passes on what is logged; of warnings and errors that repeat themselves only some.

    Two are the same where they differ in numbers alone, such as the seconds until the next try, and
    belong to the same task. The line that is said again has `repeated`, how often it was not said
    before; when it is over, its last occurrence is told likewise.

    Args:
        handlers: Where what is said goes.
    """

    def __init__(self, handlers: Sequence[logging.Handler]) -> None:
        super().__init__()
        self._handlers = handlers
        self._complaints: dict[tuple[object, ...], _Complaint] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Say or count a record."""
        self._tell_what_is_over(record.created)
        if record.levelno < logging.WARNING:
            self._pass_on(record)
            return
        key = _key(record)
        known = self._complaints.pop(key, None)
        if known is None or record.created < known.said_at:  # or a clock was set back
            self._complaints[key] = _Complaint(record, record.created)
            self._pass_on(record)
            return
        self._complaints[key] = known
        known.last = record
        known.unsaid += 1
        if record.created - known.said_at >= known.silence_s:
            self._tell(known)

    def setFormatter(self, fmt: logging.Formatter | None) -> None:
        """Let everything be written in one way."""
        super().setFormatter(fmt)
        for handler in self._handlers:
            handler.setFormatter(fmt)

    def flush(self) -> None:
        """Write what is held back by the system."""
        for handler in self._handlers:
            handler.flush()

    def close(self) -> None:
        """Tell what was not said, and close all."""
        for complaint in self._complaints.values():
            self._tell(complaint)
        self._complaints.clear()
        for handler in self._handlers:
            handler.close()
        super().close()

    def _tell_what_is_over(self, now: float) -> None:
        over = [
            key
            for key, known in self._complaints.items()
            if now - known.last.created > OVER_AFTER_S
        ]
        crowded = list(self._complaints)[: max(0, len(self._complaints) - _MOST_KNOWN)]
        for key in dict.fromkeys((*over, *crowded)):
            self._tell(self._complaints.pop(key))

    def _tell(self, complaint: _Complaint) -> None:
        if complaint.unsaid:
            told = copy.copy(complaint.last)
            told.__dict__["repeated"] = complaint.unsaid
            self._pass_on(told)
        complaint.said_at, complaint.unsaid = complaint.last.created, 0
        complaint.silence_s = min(2 * complaint.silence_s, LONGEST_SILENCE_S)

    def _pass_on(self, record: logging.LogRecord) -> None:
        for handler in self._handlers:
            handler.handle(record)


def _key(record: logging.LogRecord) -> tuple[object, ...]:
    about = record.__dict__
    text = _NUMBERS.sub("#", record.getMessage())
    return (record.name, record.levelno, about.get("campaign"), about.get("task_id"), text)
