"""How much waits in Redis, counted and not looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from molsteer.shared.bus.connection import connect, reaching
from molsteer.shared.bus.names import Keys
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import Topic


@dataclass(frozen=True, slots=True)
class Depths:
    """Messages by where they lie.

    Attributes:
        queued: In the queue of each topic, which no worker has taken.
        taken: In the hands of workers, topic by topic.
        dead_letters: Put aside because nobody could read them.
    """

    queued: Mapping[Topic, int]
    taken: Mapping[Topic, int]
    dead_letters: int


def depths(queue: QueueSettings, pools: Mapping[Topic, str]) -> Depths:
    """Count the messages of a deployment.

    Args:
        queue: Where they are.
        pools: The topics to count, and the pool of workers that each one's tasks go to.

    Raises:
        ServiceUnavailable: If Redis does not answer or refuses us.
    """
    keys, url = Keys(queue.prefix, pools), queue.server_url
    with reaching(url), connect(url) as client:
        return Depths(
            queued={topic: int(client.llen(keys.queue(topic))) for topic in pools},
            taken={topic: int(client.hlen(keys.unacked(topic))) for topic in pools},
            dead_letters=int(client.llen(keys.dead_letters)),
        )
