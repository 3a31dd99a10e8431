"""What the time of a task went into."""

from __future__ import annotations

from pydantic import Field

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.bounds import Duration


class Stage(Message):
    """What a worker spent a part of its time on.

    Attributes:
        name: What was done, as `neutral relaxation`.
        after_s: From the beginning of the work to that of the stage.
        duration_s: How long it took, stages within it included.
    """

    name: str = Field(min_length=1, max_length=100)
    after_s: Duration
    duration_s: Duration
