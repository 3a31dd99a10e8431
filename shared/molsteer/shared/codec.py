"""Messages to bytes and back: JSON, checked for its protocol before anything else."""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import ValidationError

from molsteer.shared.errors import ProtocolMismatch, WireError
from molsteer.shared.messages import PROTOCOL, Outcome, Task

_MessageT = TypeVar("_MessageT", Task, Outcome)

MAX_MESSAGE_BYTES = 512 * 1024 * 1024
"""The most a single Redis value can hold."""


def encode(message: Task | Outcome) -> bytes:
    """Write a message as JSON.

    Raises:
        WireError: If the message is larger than Redis can hold.
    """
    data = message.model_dump_json().encode()
    if len(data) > MAX_MESSAGE_BYTES:
        raise WireError(
            f"A message of {len(data)} bytes does not fit into Redis ({MAX_MESSAGE_BYTES} bytes). "
            f"Choose a store for this topic in [stores], or smaller chunks."
        )
    return data


def decode_task(data: bytes) -> Task:
    """Read a task.

    Raises:
        ProtocolMismatch: If it was written by another version of the protocol.
        WireError: If it is not a task.
    """
    return _decode(data, Task)


def decode_outcome(data: bytes) -> Outcome:
    """Read an outcome.

    Raises:
        ProtocolMismatch: If it was written by another version of the protocol.
        WireError: If it is not an outcome.
    """
    return _decode(data, Outcome)


def _decode(data: bytes, kind: type[_MessageT]) -> _MessageT:
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        _check_protocol(data)
        places = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']) or 'message'}: {item['msg']}"
            for item in error.errors(include_url=False, include_input=False)[:5]
        )
        raise WireError(f"These {len(data)} bytes are no {kind.__name__}: {places}.") from None


def _check_protocol(data: bytes) -> None:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    if isinstance(document, dict) and document.get("protocol") != PROTOCOL:
        raise ProtocolMismatch(document.get("protocol"), PROTOCOL)
