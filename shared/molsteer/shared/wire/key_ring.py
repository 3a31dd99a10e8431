"""Signatures of messages: HMAC-SHA256 over purpose, topic, key and the exact bytes of a message.

Each topic has keys of its own, which steering shares with that topic's workers alone: whoever gets
hold of an inferencer's key can forge neither simulations nor their outcomes. The purpose keeps a
task from being taken for an outcome. Keys are replaced in three steps: made known, then used, then
forgotten.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from molsteer.shared.errors import UntrustedMessage
from molsteer.shared.wire.base import Message
from molsteer.shared.wire.topics import TOPICS, Topic

Purpose = Literal["task", "outcome", "foreseen"]

_HEADER = re.compile(rb"HS256 ([a-z0-9-]{1,63}) ([0-9a-f]{64})\n")


class Key(Message):
    """A secret that steering and the workers of one topic share.

    Attributes:
        secret: 32 random bytes in hexadecimal.
        signs: Whether new messages are signed with it; every key verifies.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,63}$")]
    topic: Topic
    secret: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", repr=False)]
    signs: bool

    @classmethod
    def new(cls, topic: Topic, *, signs: bool = True) -> Key:
        """Make a key that nobody else has."""
        key_id = f"{topic}-{secrets.token_hex(4)}"
        return cls(id=key_id, topic=topic, secret=secrets.token_hex(32), signs=signs)

    def mac(self, purpose: Purpose, body: bytes) -> bytes:
        """Compute the signature of a message, in hexadecimal."""
        context = f"molsteer {purpose} {self.topic} {self.id}\n".encode()
        return hmac.digest(bytes.fromhex(self.secret), context + body, "sha256").hex().encode()


class KeyRing(Message):
    """The keys that a process has, the oldest of each topic first; without any, nothing is signed.

    Of each topic's keys exactly one signs.
    """

    keys: tuple[Key, ...] = ()

    @model_validator(mode="after")
    def _check_signing_keys(self) -> Self:
        if len({key.id for key in self.keys}) < len(self.keys):
            raise ValueError("two keys have the same id")
        for topic in self.topics:
            if sum(key.signs for key in self.keys if key.topic == topic) != 1:
                raise ValueError(f"not exactly one key of {topic} signs")
        return self

    @property
    def topics(self) -> list[Topic]:
        """The topics that there are keys for."""
        return [topic for topic in TOPICS if any(key.topic == topic for key in self.keys)]

    def only(self, topic: Topic) -> KeyRing:
        """Take the keys of one topic, which is all that its workers need."""
        return KeyRing(keys=tuple(key for key in self.keys if key.topic == topic))

    def sign(self, purpose: Purpose, topic: Topic, body: bytes) -> bytes:
        """Put a signature before a message; without keys, leave it as it is.

        Raises:
            UntrustedMessage: If there are keys, but none for this topic.
        """
        if not self.keys:
            return body
        for key in self.keys:
            if key.topic == topic and key.signs:
                return b"HS256 %s %s\n%s" % (key.id.encode(), key.mac(purpose, body), body)
        raise UntrustedMessage(f"There is no key here to sign a message of {topic} with.")

    def verify(self, purpose: Purpose, data: bytes) -> tuple[bytes, Topic | None]:
        """Check a signature.

        Returns:
            The message, and the topic whose key signed it; None if nothing is signed here.

        Raises:
            UntrustedMessage: If the signature is missing, wrong, of an unknown key, or there are
                no keys here to check it with.
        """
        header = _HEADER.match(data)
        if header is None:
            if self.keys:
                raise UntrustedMessage(
                    f"The message is not signed, but keys are here. {_SAME_FILE}"
                )
            return data, None
        if not self.keys:
            raise UntrustedMessage(f"The message is signed, but no keys are here. {_SAME_FILE}")
        key, body = self._key(header[1].decode()), data[header.end() :]
        if not hmac.compare_digest(header[2], key.mac(purpose, body)):
            raise UntrustedMessage(
                f"The message does not match its signature by key {key.id}: it is forged, was "
                f"changed on the way, or is no {purpose}."
            )
        return body, key.topic

    def _key(self, key_id: str) -> Key:
        for key in self.keys:
            if key.id == key_id:
                return key
        raise UntrustedMessage(
            f"The message is signed with key {key_id}, which is not here (here: "
            f"{', '.join(key.id for key in self.keys)}). {_SAME_FILE}"
        )


UNSIGNED = KeyRing()
"""The ring of processes that sign nothing."""

_SAME_FILE = (
    "Give steering and workers keys of the same origin as [queue] keys_file "
    "(MOLSTEER_QUEUE__KEYS_FILE)."
)


def new_key_ring(topics: Iterable[Topic]) -> KeyRing:
    """Make one key for each topic."""
    return KeyRing(keys=tuple(Key.new(topic) for topic in topics))


def announce(ring: KeyRing) -> KeyRing:
    """Add a key to each topic that verifies, and does not sign yet."""
    new = tuple(Key.new(topic, signs=False) for topic in ring.topics)
    return KeyRing(keys=ring.keys + new)


def rotate(ring: KeyRing) -> KeyRing:
    """Sign with the newest key of each topic, which is made where none was announced."""
    newest = {key.topic: key for key in ring.keys}
    made = tuple(Key.new(topic) for topic, key in newest.items() if key.signs)
    signing = {topic: key.id for topic, key in newest.items()} | {key.topic: key.id for key in made}
    return KeyRing(
        keys=tuple(
            key.model_copy(update={"signs": signing[key.topic] == key.id})
            for key in ring.keys + made
        )
    )


def prune(ring: KeyRing) -> KeyRing:
    """Forget the keys that are older than the one that signs."""
    return KeyRing(keys=tuple(key for topic in ring.topics for key in _from_signing(ring, topic)))


def _from_signing(ring: KeyRing, topic: Topic) -> tuple[Key, ...]:
    keys = ring.only(topic).keys
    return keys[next(index for index, key in enumerate(keys) if key.signs) :]
