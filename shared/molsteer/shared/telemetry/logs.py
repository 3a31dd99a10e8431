"""Logs of every service: one JSON object a line, with the same fields everywhere."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

from molsteer.shared.errors import UnusableFile

LogLevel = Literal["debug", "info", "warning", "error"]

_QUIET_LIBRARIES = ("amqp", "billiard", "celery", "kombu", "proxystore", "redis")


def log_to(service: str, level: LogLevel, file: Path | None = None, *, show: bool = False) -> None:
    """Send what this process logs to standard error, or to a file that several may share.

    Each line has `time` (UTC, ISO 8601), `level`, `service`, `pid`, `logger` and `message`, and
    whatever the call gave as `extra`, such as `campaign` and `task_id`. Libraries are heard from
    warnings on.

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
    if file:
        root.addHandler(_opened(file))
    if show or not file:
        root.addHandler(logging.StreamHandler(sys.stderr))
    for handler in root.handlers:
        handler.setFormatter(_formatter(service))
    root.setLevel(level.upper())
    for library in _QUIET_LIBRARIES:
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))


def _opened(file: Path) -> logging.FileHandler:
    try:
        return _ExpendableLog(file)
    except OSError as error:
        reason = f"no log can be written there ({error.strerror})"
        raise UnusableFile(file, reason, "Choose another place for the log.") from None


class _ExpendableLog(logging.FileHandler):
    """A log on a disk that may be full: what it does not take is lost, and nothing else."""

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def _formatter(service: str) -> logging.Formatter:
    return JsonFormatter(
        "{levelname}{process}{name}{message}",
        style="{",
        rename_fields={"levelname": "level", "process": "pid", "name": "logger"},
        static_fields={"service": service},
        timestamp="time",
    )
