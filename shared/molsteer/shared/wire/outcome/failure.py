"""Failures as data."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.bounds import Name


class ErrorRecord(Message):
    """A failure as data.

    Attributes:
        code: Stable name of the kind of failure.
        message: What happened and what to do about it, in full sentences.
        retryable: Whether doing the same again may succeed.
        facts: The numbers and names the message is made of; those that are not finite become null.
    """

    model_config = ConfigDict(allow_inf_nan=True)

    code: Name
    message: str = Field(max_length=10_000)
    retryable: bool
    facts: dict[str, JsonValue] = Field(default_factory=dict)


class Failed(Message):
    """A task that ended without a value.

    Attributes:
        status: `error` the work itself failed, `timeout` its hard limit passed, `poison` it killed
            its worker too often, `cancelled` steering took it back.
    """

    kind: Literal["failed"] = "failed"
    status: Literal["error", "timeout", "poison", "cancelled"]
    error: ErrorRecord
