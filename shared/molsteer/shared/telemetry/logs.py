"""Logs of every service: one JSON object a line, with the same fields everywhere."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

from molsteer.shared.errors import UnusableFile
from molsteer.shared.telemetry.repeats import Counted
from molsteer.shared.telemetry.rotation import SmallLog

LogLevel = Literal["debug", "info", "warning", "error"]

_QUIET_LIBRARIES = (
    *("amqp", "apprise", "billiard", "celery", "kombu", "proxystore", "redis"),
    "urllib3",  # which tells whole addresses
)


def log_to(service: str, level: LogLevel, file: Path | None = None, *, show: bool = False) -> None:
    """Send what this process logs to standard error, or to a file that several may share.

    Each line has `time` (UTC, ISO 8601), `level`, `service`, `pid`, `logger` and `message`, and
    whatever the call gave as `extra` or `about` as facts, such as `campaign` and `task_id`.
    Libraries are heard from warnings on. Warnings that repeat themselves are counted, see
    `Counted`, and files stay small, see `SmallLog`.

    Args:
        service: Which part of molsteer this is.
        level: The least that is written.
        file: Where lines are added; its folder must be there.
        show: Write to standard error also where there is a file.

    Raises:
        UnusableFile: If the file cannot be written.
    """
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    handlers: list[logging.Handler] = [_opened(file)] if file else []
    if show or not file:
        handlers.append(logging.StreamHandler(sys.stderr))
    counted = Counted(handlers)
    counted.addFilter(_add_facts)
    counted.setFormatter(_formatter(service))
    root.addHandler(counted)
    root.setLevel(level.upper())
    for library in _QUIET_LIBRARIES:
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))


@contextmanager
def about(**facts: str) -> Iterator[None]:
    """Have every line that is logged in here name facts, as `campaign` and `task_id`."""
    token = _facts.set({**_facts.get(), **facts})
    try:
        yield
    finally:
        _facts.reset(token)


_facts: ContextVar[Mapping[str, str]] = ContextVar("facts", default=MappingProxyType({}))


def _add_facts(record: logging.LogRecord) -> bool:
    for name, fact in _facts.get().items():
        record.__dict__.setdefault(name, fact)
    return True


def _opened(file: Path) -> SmallLog:
    try:
        return SmallLog(file)
    except OSError as error:
        reason = f"no log can be written there ({error.strerror})"
        raise UnusableFile(file, reason, "Choose another place for the log.") from None


def _formatter(service: str) -> logging.Formatter:
    return JsonFormatter(
        "{levelname}{process}{name}{message}",
        style="{",
        rename_fields={"levelname": "level", "process": "pid", "name": "logger"},
        static_fields={"service": service},
        timestamp="time",
    )
