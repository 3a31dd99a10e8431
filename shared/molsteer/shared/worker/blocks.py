"""Blocks of workers that only Redis can reach: which are wanted, and where they have begun.

Steering announces a block before anybody starts it. Its worker ends when it does not find itself
any more: that block was dismissed, or is one of a deployment that is gone.
"""

from __future__ import annotations

from collections.abc import Sequence

from molsteer.shared.bus.connection import as_text, connect, reaching
from molsteer.shared.bus.names import Keys
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import Topic


class WantedBlock:
    """A block as its worker sees it."""

    def __init__(self, queue: QueueSettings, topic: Topic, name: str) -> None:
        self._url = queue.server_url
        self._client = connect(self._url)
        self._key = Keys(queue.prefix).block(topic, name)

    def show(self, host: str) -> bool:
        """Tell where the block runs, and whether it is wanted still.

        Raises:
            ServiceUnavailable: If Redis does not answer.
        """
        with reaching(self._url):
            return bool(self._client.set(self._key, host, xx=True))


def announce(queue: QueueSettings, topic: Topic, name: str) -> None:
    """Want a block, whose name no other ever has.

    Raises:
        ServiceUnavailable: If Redis does not answer.
    """
    with reaching(queue.server_url), connect(queue.server_url) as client:
        client.set(Keys(queue.prefix).block(topic, name), "")


def hosts(queue: QueueSettings, blocks: Sequence[tuple[Topic, str]]) -> list[str | None]:
    """Tell where blocks have begun: empty for those that wait, None for what nobody wants.

    Raises:
        ServiceUnavailable: If Redis does not answer.
    """
    if not blocks:
        return []
    with reaching(queue.server_url), connect(queue.server_url) as client:
        return _texts(client.mget(_keys(queue, blocks)))


def dismiss(queue: QueueSettings, blocks: Sequence[tuple[Topic, str]]) -> list[str | None]:
    """Want blocks no longer; tells as `hosts` where they had begun until now.

    Raises:
        ServiceUnavailable: If Redis does not answer.
    """
    if not blocks:
        return []
    keys = _keys(queue, blocks)
    with reaching(queue.server_url), connect(queue.server_url) as client:
        # At once, so that none begins in between.
        found, _ = client.pipeline(transaction=True).mget(keys).unlink(*keys).execute()
        return _texts(found)


def _keys(queue: QueueSettings, blocks: Sequence[tuple[Topic, str]]) -> list[str]:
    return [Keys(queue.prefix).block(topic, name) for topic, name in blocks]


def _texts(answers: Sequence[object]) -> list[str | None]:
    return [None if answer is None else as_text(answer) for answer in answers]
