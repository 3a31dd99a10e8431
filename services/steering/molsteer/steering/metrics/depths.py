"""How much waits in Redis, counted and not looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import redis

from molsteer.shared.bus.connection import connect, reaching
from molsteer.shared.bus.names import Keys
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import TOPICS, Topic


@dataclass(frozen=True, slots=True)
class Depths:
    """Messages by where they lie.

    Attributes:
        queued: In the queue of each topic, which no worker has taken.
        dead_letters: Put aside because nobody could read them.
    """

    queued: Mapping[Topic, int]
    dead_letters: int


def depths(queue: QueueSettings, pools: Mapping[Topic, str]) -> Depths:
    """Count the messages of a deployment.

    Raises:
        ServiceUnavailable: If Redis does not answer or refuses us.
    """
    keys, url = Keys(queue.prefix, pools), queue.server_url
    with reaching(url), connect(url) as client:
        queued = {topic: _length(client, keys.queue(topic)) for topic in TOPICS}
        return Depths(queued, _length(client, keys.dead_letters))


def _length(client: redis.Redis, key: str) -> int:
    return int(client.llen(key))
