"""Stopping in time, so that a failure is reported instead of the process being killed."""

from __future__ import annotations

import time
from dataclasses import dataclass

from molsteer.simulator.errors import TimeLimit

_RESERVE = 0.1
_RESERVE_MOST_S = 5.0


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock after which no further step is begun.

    Attributes:
        ends_at_s: Reading of the monotonic clock.
        limit_s: Length of the time that ends there, for messages.
    """

    ends_at_s: float
    limit_s: float

    @classmethod
    def after(cls, limit_s: float) -> Deadline:
        """End a little before the limit: a tenth of it, 5 s at most, is left to report."""
        usable_s = limit_s - min(_RESERVE * limit_s, _RESERVE_MOST_S)
        return cls(time.monotonic() + usable_s, limit_s)

    @property
    def remaining_s(self) -> float:
        """Seconds left, negative when it has passed."""
        return self.ends_at_s - time.monotonic()

    def check(self, smiles: str, stage: str) -> None:
        """Stop the task if its time is over.

        Raises:
            TimeLimit: If it is; `stage` says where, as in "while relaxing the cation".
        """
        if self.remaining_s <= 0:
            raise TimeLimit(smiles, stage, self.limit_s)
