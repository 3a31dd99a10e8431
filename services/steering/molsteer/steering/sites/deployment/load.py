"""How much work there is in the queues, and what the workers' logs said last."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import Topic
from molsteer.steering.sites.depths import depths
from molsteer.steering.sites.local import last_words


def tasks_there(queue: QueueSettings, pools: Mapping[Topic, str]) -> dict[Topic, int]:
    """Count the tasks of each topic that wait or are at work now.

    Raises:
        ServiceUnavailable: If Redis does not answer.
    """
    found = depths(queue, pools)
    return {topic: found.queued[topic] + found.taken[topic] for topic in pools}


def log_of(logs: Path, topic: Topic, number: str) -> Path:
    """Name the file of what a block says."""
    return logs / f"{topic}-{number}.out"


def said_last(log: Path) -> str:
    """Give what a block said last; empty if nothing."""
    return last_words(log)
