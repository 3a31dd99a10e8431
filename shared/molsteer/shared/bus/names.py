"""Names of everything the bus keeps in Redis; all begin with the deployment's prefix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from molsteer.shared.wire.topics import DEFAULT_POOL, Topic

RETIRED = "campaign"
"""Stands in the set of closed tasks for all that there could ever be."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of one deployment.

    Attributes:
        pools: Which of its pools of workers each topic's tasks go to; those of topics that are
            not in here go to `DEFAULT_POOL`.
    """

    prefix: str
    pools: Mapping[Topic, str] = field(default_factory=dict)

    def queue(self, topic: Topic) -> str:
        """List of tasks that wait, and the name of Celery's queue."""
        return f"{self.prefix}.{topic}{self._pool(topic, '.')}"

    def unacked(self, topic: Topic) -> str:
        """Hash of messages that workers hold.

        Each queue has its own, because kombu gives back whatever it finds there by the clock of
        whoever looks.
        """
        return f"{self.prefix}:unacked:{topic}{self._pool(topic, ':')}"

    def unacked_index(self, topic: Topic) -> str:
        """Sorted set of when workers took or renewed those messages, by their own clocks."""
        return f"{self.unacked(topic)}:index"

    def lease(self, campaign: str, task_id: str) -> str:
        """Who runs a task; expires unless renewed."""
        return f"{self.prefix}:lease:{campaign}:{task_id}"

    def foreseen(self, topic: Topic) -> str:
        """Hash of what each campaign's tasks in a queue will need."""
        return f"{self.prefix}:foreseen:{topic}{self._pool(topic, ':')}"

    def outcomes(self, campaign: str) -> str:
        """Hash of outcomes that steering has not settled."""
        return f"{self.prefix}:outcomes:{campaign}"

    def doorbell(self, campaign: str) -> str:
        """List that wakes steering when an outcome arrives."""
        return f"{self.prefix}:doorbell:{campaign}"

    def starts(self, campaign: str) -> str:
        """Hash of how often each unsettled task has begun."""
        return f"{self.prefix}:starts:{campaign}"

    def closed(self, campaign: str) -> str:
        """Set of tasks that must not begin any more: settled, or taken back by steering.

        `RETIRED` in it says that the whole campaign is over.
        """
        return f"{self.prefix}:closed:{campaign}"

    def steering(self, campaign: str) -> str:
        """Who steers a campaign; expires unless renewed."""
        return f"{self.prefix}:steering:{campaign}"

    @property
    def dead_letters(self) -> str:
        """List of messages that nobody could read, newest first."""
        return f"{self.prefix}:dead-letters"

    def blob(self, namespace: str, sha256: str) -> str:
        """Data of the Redis store; expires."""
        return f"{self.prefix}:blob:{namespace}:{sha256}"

    def worker(self, topic: str, node: str) -> str:
        """Sign of life of a worker, by the name that no other has; expires unless renewed."""
        return f"{self.prefix}:worker:{topic}:{node}"

    def block(self, topic: str, name: str) -> str:
        """Block of workers that is wanted: the host where it has begun, or empty while it waits."""
        return f"{self.prefix}:block:{topic}:{name}"

    def _pool(self, topic: Topic, separator: str) -> str:
        pool = self.pools.get(topic, DEFAULT_POOL)
        return "" if pool == DEFAULT_POOL else separator + pool


def message_id(campaign: str, task_id: str) -> str:
    """Name a task across campaigns, as its Celery message is named."""
    return f"{campaign}:{task_id}"


def parse_message_id(text: str) -> tuple[str, str]:
    """Take campaign and task id out of a message's name."""
    campaign, _, task_id = text.partition(":")
    return campaign, task_id
