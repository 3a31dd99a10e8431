"""Exceptions to data, so that failures can travel."""

from __future__ import annotations

import re
import traceback

from pydantic import JsonValue

from molsteer.shared.errors import (
    BlobError,
    MolsteerError,
    ServiceUnavailable,
    TaskError,
    UnknownStore,
)
from molsteer.shared.messages import ErrorRecord

_MESSAGE_CHARACTERS = 10_000
_TRACEBACK_CHARACTERS = 4_000


def describe(error: Exception) -> ErrorRecord:
    """Tell what a handler raised; anything that is not an error of ours is a defect."""
    match error:
        case TaskError():
            return _record(error, error.code, error.retryable)
        case BlobError():
            return _record(error, _kebab(type(error)), not isinstance(error, UnknownStore))
        case ServiceUnavailable():
            return _record(error, "service-unavailable", retryable=True)
        case _:
            return _defect(error)


def _record(error: MolsteerError, code: str, retryable: bool) -> ErrorRecord:
    return ErrorRecord(
        code=code,
        message=str(error)[:_MESSAGE_CHARACTERS],
        retryable=retryable,
        facts={name: fact for name, fact in vars(error).items() if _is_plain(fact)},
    )


def _defect(error: Exception) -> ErrorRecord:
    lines = traceback.format_exception(error)
    facts: dict[str, JsonValue] = {"traceback": "".join(lines)[-_TRACEBACK_CHARACTERS:]}
    return ErrorRecord(
        code="defect",
        message=f"The program failed on this task: {type(error).__name__}: {error}"[
            :_MESSAGE_CHARACTERS
        ],
        retryable=False,
        facts=facts,
    )


def _is_plain(fact: object) -> bool:
    return fact is None or isinstance(fact, str | int | float | bool)


def _kebab(kind: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()
