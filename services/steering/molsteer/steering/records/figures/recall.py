"""How much of the best that there is was found, where a table tells all values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil

from molsteer.shared.wording import counted

NEARLY_ALL = 0.93
"""Share of the best that counts as nearly all; the last few are a matter of luck."""


@dataclass(frozen=True, slots=True)
class Recall:
    """What was found of the best molecules of a table.

    Attributes:
        molecules: Those of the table that have a value.
        top: How many of them are the best.
        after: How many of these were found after each label, in order.
    """

    molecules: int
    top: int
    after: tuple[int, ...]

    @property
    def found(self) -> int:
        """How many of the best were found in the end."""
        return self.after[-1] if self.after else 0

    @property
    def share(self) -> float:
        """Which part of the best that is."""
        return self.found / self.top

    @property
    def labels_to_nearly_all(self) -> int | None:
        """Labels until `NEARLY_ALL` of the best were found; None if fewer were."""
        enough = ceil(round(NEARLY_ALL * self.top, 9))
        return next((labels for labels, found in enumerate(self.after, 1) if found >= enough), None)

    @property
    def told(self) -> str:
        """What was found, as a sentence."""
        labels = self.labels_to_nearly_all
        until = f"; {NEARLY_ALL:.0%} of them after {counted(labels, 'label')}" if labels else ""
        return (
            f"Of the {counted(self.top, 'best molecule')} among {self.molecules:,} whose values "
            f"are known, {self.found} were found ({self.share:.0%}){until}."
        )


def recall(merits: Mapping[str, float], labelled: Iterable[str], top: int) -> Recall:
    """Count what was found of the best.

    Where several have the value of the last place, as many of them count as places are open.

    Args:
        merits: How good each molecule of the table is, by its SMILES; at least one.
        labelled: The molecules that were labelled, in order.
        top: How many are the best; all if there are fewer.
    """
    ordered = sorted(merits.values(), reverse=True)
    top = min(top, len(ordered))
    bar = ordered[top - 1]
    places = top - sum(merit > bar for merit in ordered[:top])
    found, after = 0, list[int]()
    for smiles in labelled:
        merit = merits.get(smiles)
        if merit is not None and merit >= bar:
            places -= merit == bar
            found += merit > bar or places >= 0
        after.append(found)
    return Recall(len(ordered), top, tuple(after))
