"""Messages that nobody could read, put aside in Redis for a human."""

from __future__ import annotations

from pydantic import ValidationError

from molsteer.shared.bus.connection import as_bytes, connect, reaching
from molsteer.shared.bus.names import Keys
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.base import Message
from molsteer.shared.wire.bounds import Count, Moment

DATA_CHARACTERS = 10_000


class DeadLetter(Message):
    """One of them.

    Attributes:
        at: When it was put aside, in seconds of the Unix epoch.
        reason: Why it could not be read.
        size_bytes: Its size; all of it may not have been kept.
        data: Its beginning, with whatever is no text escaped.
    """

    at: Moment
    reason: str
    size_bytes: Count
    data: str

    @classmethod
    def of(cls, data: bytes, reason: str, at: float) -> DeadLetter:
        """Keep what can be kept of a message."""
        text = data[:DATA_CHARACTERS].decode(errors="backslashreplace")
        return cls(at=at, reason=reason, size_bytes=len(data), data=text)


def dead_letters(queue: QueueSettings) -> list[DeadLetter]:
    """List them, newest first, for all campaigns of a deployment.

    Raises:
        ServiceUnavailable: If Redis does not answer or refuses us.
    """
    url = queue.server_url
    with reaching(url), connect(url) as client:
        letters = client.lrange(Keys(queue.prefix).dead_letters, 0, -1)
    return [read_letter(as_bytes(letter)) for letter in letters]


def read_letter(data: bytes) -> DeadLetter:
    """Read one; what was not put aside by us is shown as it is."""
    try:
        return DeadLetter.model_validate_json(data)
    except ValidationError:
        return DeadLetter.of(
            data, "It is not a dead letter of molsteer; another program put it there.", 0.0
        )
