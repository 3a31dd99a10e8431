"""Exceptions to data, so that failures can travel."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator

from pydantic import JsonValue

from molsteer.shared.errors import (
    BlobError,
    MolsteerError,
    ServiceUnavailable,
    TaskError,
    UnknownStore,
)
from molsteer.shared.wire.messages import ErrorRecord

_MESSAGE_CHARACTERS = 10_000
_TRACEBACK_CHARACTERS = 4_000


def describe(error: Exception) -> ErrorRecord:
    """Tell what a handler raised; anything that is not an error of ours is a defect.

    Those of the machine, such as a full disk, may be gone at the next attempt, or elsewhere.
    """
    match error:
        case TaskError():
            return _record(error, error.code, error.retryable)
        case BlobError():
            return _record(error, _kebab(type(error)), not isinstance(error, UnknownStore))
        case ServiceUnavailable():
            return _record(error, "service-unavailable", retryable=True)
        case _:
            return _defect(error, retryable=isinstance(error, OSError | MemoryError))


def _record(error: MolsteerError, code: str, retryable: bool) -> ErrorRecord:
    return ErrorRecord(
        code=code,
        message=_text(error)[:_MESSAGE_CHARACTERS],
        retryable=retryable,
        facts=dict(_plain_facts(error)),
    )


def _defect(error: Exception, *, retryable: bool) -> ErrorRecord:
    message = f"The program failed on this task: {type(error).__name__}: {_text(error)}"
    trace = _text("".join(traceback.format_exception(error)))
    return ErrorRecord(
        code="defect",
        message=message[:_MESSAGE_CHARACTERS],
        retryable=retryable,
        facts={"traceback": trace[-_TRACEBACK_CHARACTERS:]},
    )


def _plain_facts(error: Exception) -> Iterator[tuple[str, JsonValue]]:
    for name, fact in vars(error).items():
        match fact:
            case str():
                yield name, _text(fact)
            case None | bool() | int() | float():
                yield name, fact


def _text(told: object) -> str:
    """Write what a message can hold: names of files, for instance, need not be Unicode."""
    return str(told).encode(errors="backslashreplace").decode()


def _kebab(kind: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()
