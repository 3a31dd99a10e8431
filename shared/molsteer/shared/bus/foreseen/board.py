"""What the tasks of a queue will need: one entry for each campaign, named after what it says.

Who looks asks for the names first, which is little over a long line, and for what is new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from redis.client import Pipeline

from molsteer.shared.bus.connection import as_bytes, connect, reaching
from molsteer.shared.bus.names import Keys
from molsteer.shared.bus.record import CAMPAIGN_EXPIRE_S
from molsteer.shared.errors import WireError
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.blob import ObjRef
from molsteer.shared.wire.codec import decode_foreseen, encode
from molsteer.shared.wire.key_ring import UNSIGNED, KeyRing
from molsteer.shared.wire.messages import Foreseen
from molsteer.shared.wire.topics import Topic


class ForeseenBoard:
    """What is foreseen for one queue.

    Every method raises `ServiceUnavailable` if Redis does not take part.

    Args:
        queue: Where the queues are.
        keys: The names of this one.
        topic: Its topic.
        key_ring: What entries are signed with.
    """

    def __init__(
        self, queue: QueueSettings, keys: Keys, topic: Topic, key_ring: KeyRing = UNSIGNED
    ) -> None:
        self._url, self._topic, self._key_ring = queue.server_url, topic, key_ring
        self._key = keys.foreseen(topic)
        self._client = connect(self._url)
        self._read: dict[bytes, Sequence[ObjRef]] = {}

    def write(self, campaign: str, refs: Sequence[ObjRef]) -> None:
        """Put a campaign's entry in the place of the one before; nothing is no entry."""
        with reaching(self._url):
            old = self._entries(campaign)
            with self._client.pipeline() as pipe:
                if old:
                    pipe.hdel(self._key, *old)
                if refs:
                    self._add(pipe, campaign, refs)
                pipe.execute()

    def read(self) -> Sequence[Sequence[ObjRef]]:
        """Give what each campaign will need, those whose entry can be believed."""
        with reaching(self._url):
            names = [as_bytes(name) for name in self._client.hkeys(self._key)]
            fresh = [name for name in names if name not in self._read]
            found = {name: self._client.hget(self._key, name.decode()) for name in fresh}
        known = {name: refs for name, refs in self._read.items() if name in names}
        self._read = known | {name: self._trusted(data) for name, data in found.items()}
        return [self._read[name] for name in sorted(self._read)]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _entries(self, campaign: str) -> list[bytes]:
        names = map(as_bytes, self._client.hkeys(self._key))
        return [name for name in names if name.startswith(f"{campaign}:".encode())]

    def _add(self, pipe: Pipeline, campaign: str, refs: Sequence[ObjRef]) -> None:
        foreseen = Foreseen(campaign=campaign, topic=self._topic, refs=tuple(refs))
        data = encode(foreseen, self._key_ring)
        pipe.hset(self._key, f"{campaign}:{hashlib.sha256(data).hexdigest()[:16]}", data)
        pipe.expire(self._key, CAMPAIGN_EXPIRE_S)

    def _trusted(self, data: object) -> Sequence[ObjRef]:
        try:
            foreseen = decode_foreseen(as_bytes(data), self._key_ring)
        except (TypeError, WireError):  # it went meanwhile, or is none of ours: nobody needs it
            return ()
        return foreseen.refs if foreseen.topic == self._topic else ()
