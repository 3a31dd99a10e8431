"""What can go wrong while molecules are scored.

TaskError
├── NonFinitePredictions   members answer with infinities or no number at all
└── UnusableScores         an acquisition does not score every molecule
"""

from __future__ import annotations

from typing import ClassVar

from molsteer.shared.errors import TaskError


class NonFinitePredictions(TaskError):
    """Members that do not answer with numbers."""

    code: ClassVar[str] = "non-finite-predictions"

    def __init__(self, chunk: int, members: list[int], molecules: int) -> None:
        super().__init__(
            f"In chunk {chunk} of the search space, members {members} of the ensemble predict no "
            f"finite value for {molecules} molecules. Train these members again from scratch."
        )
        self.chunk, self.members, self.molecules = chunk, members, molecules


class UnusableScores(TaskError):
    """An acquisition that does not give one finite number for each molecule."""

    code: ClassVar[str] = "unusable-scores"

    def __init__(self, rule: str, wanted: tuple[int, ...], found: tuple[int, ...]) -> None:
        super().__init__(
            f"The acquisition {rule!r} gave scores of the shape {found} for predictions of the "
            f"shape {wanted}, or some that are not finite or too large. Mend the package that "
            f"offers it, or choose another."
        )
        self.rule = rule
