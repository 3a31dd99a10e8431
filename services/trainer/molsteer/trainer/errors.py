"""What can go wrong while an ensemble is trained.

TaskError
├── UnusableLabels   values that do not belong to the molecules, or are infinite
└── Diverged         members that predict no numbers before they were ever better
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from molsteer.shared.errors import TaskError


class UnusableLabels(TaskError):
    """Values that cannot be learned from."""

    code: ClassVar[str] = "unusable-labels"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The training set cannot be used: {reason} "
            f"It needs a finite value of at least one output for each of its molecules."
        )
        self.reason = reason


class Diverged(TaskError):
    """Members that never did better than before their first step, and then predicted no number."""

    code: ClassVar[str] = "diverged"

    def __init__(self, members: Sequence[int], learning_rate: float) -> None:
        super().__init__(
            f"The training of members {list(members)} diverged at a learning rate of "
            f"{learning_rate:g}. Lower train.learning_rate."
        )
        self.members, self.learning_rate = list(members), learning_rate
