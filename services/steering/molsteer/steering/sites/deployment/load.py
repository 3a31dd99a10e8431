"""How much work there is in the queues, and what the workers' logs said last."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from molsteer.shared.bus.connection import connect, reaching
from molsteer.shared.bus.names import Keys
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import Topic
from molsteer.steering.sites.local import last_words


def tasks_there(queue: QueueSettings, pools: Mapping[Topic, str]) -> dict[Topic, int]:
    """Count the tasks of each topic that wait or are at work now.

    Raises:
        ServiceUnavailable: If Redis does not answer.
    """
    keys, url = Keys(queue.prefix, pools), queue.server_url
    with reaching(url), connect(url) as client, client.pipeline(transaction=False) as pipe:
        for topic in pools:
            pipe.llen(keys.queue(topic))
            pipe.hlen(keys.unacked(topic))
        counts = cast("list[int]", pipe.execute())
    return {topic: sum(counts[2 * i : 2 * i + 2]) for i, topic in enumerate(pools)}


def log_of(logs: Path, topic: Topic, number: str) -> Path:
    """Name the file of what a block says."""
    return logs / f"{topic}-{number}.out"


def said_last(log: Path) -> str:
    """Give what a block said last; empty if nothing."""
    return last_words(log)
