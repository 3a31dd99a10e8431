"""Messages to bytes and back: JSON, below a signature where there are keys.

A signature is checked before anything of the message is read, the protocol before the rest of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from pydantic import ValidationError

from molsteer.shared.errors import ProtocolMismatch, UntrustedMessage, WireError
from molsteer.shared.wire.base import Message
from molsteer.shared.wire.key_ring import UNSIGNED, KeyRing, Purpose
from molsteer.shared.wire.messages import PROTOCOL, Foreseen, Outcome, Task
from molsteer.shared.wire.topics import TOPICS, Topic

_MessageT = TypeVar("_MessageT", Task, Outcome, Foreseen)

_PURPOSES: Mapping[type[Message], Purpose] = MappingProxyType(
    {Task: "task", Outcome: "outcome", Foreseen: "foreseen"}
)

MAX_MESSAGE_BYTES = 512 * 1024 * 1024
"""The most a single Redis value can hold."""


def encode(message: Task | Outcome | Foreseen, key_ring: KeyRing = UNSIGNED) -> bytes:
    """Write a message as JSON, and sign it.

    Raises:
        UntrustedMessage: If there are keys, but none of its topic.
        WireError: If the message is larger than Redis can hold.
    """
    data = key_ring.sign(
        _PURPOSES[type(message)], _topic(message), message.model_dump_json().encode()
    )
    if len(data) > MAX_MESSAGE_BYTES:
        raise WireError(
            f"A message of {len(data)} bytes does not fit into Redis ({MAX_MESSAGE_BYTES} bytes). "
            f"Choose a store for this topic in [stores], or smaller chunks."
        )
    return data


def decode_task(data: bytes, key_ring: KeyRing = UNSIGNED) -> Task:
    """Read a task.

    Raises:
        UntrustedMessage: If its signature is missing or wrong.
        ProtocolMismatch: If it was written by another version of the protocol.
        WireError: If it is not a task.
    """
    return _decode(data, Task, key_ring)


def decode_outcome(data: bytes, key_ring: KeyRing = UNSIGNED) -> Outcome:
    """Read an outcome.

    Raises:
        UntrustedMessage: If its signature is missing, wrong, or of another topic's key.
        ProtocolMismatch: If it was written by another version of the protocol.
        WireError: If it is not an outcome.
    """
    return _decode(data, Outcome, key_ring)


def decode_foreseen(data: bytes, key_ring: KeyRing = UNSIGNED) -> Foreseen:
    """Read what will be needed.

    Raises:
        UntrustedMessage: If its signature is missing, wrong, or of another topic's key.
        ProtocolMismatch: If it was written by another version of the protocol.
        WireError: If it tells nothing of the kind.
    """
    return _decode(data, Foreseen, key_ring)


def _decode(data: bytes, kind: type[_MessageT], key_ring: KeyRing) -> _MessageT:
    purpose = _PURPOSES[kind]
    body, signed_by = key_ring.verify(purpose, data)
    message = _parse(body, kind)
    if signed_by not in {None, _topic(message)}:
        raise UntrustedMessage(
            f"The {purpose} {_name(message)} is signed with a key of {signed_by}; its sender may "
            f"not send messages of {_topic(message)}."
        )
    return message


def _name(message: Task | Outcome | Foreseen) -> str:
    return message.campaign if isinstance(message, Foreseen) else message.task_id


def _topic(message: Task | Outcome | Foreseen) -> Topic:
    if isinstance(message, Foreseen):
        return message.topic
    return next(topic for topic in TOPICS if message.task_id.startswith(f"{topic}/"))


def _parse(data: bytes, kind: type[_MessageT]) -> _MessageT:
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
