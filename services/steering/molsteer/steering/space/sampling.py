"""Looks into molecules files without building anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from molsteer.steering.space.admission import DEFAULT, Admission
from molsteer.steering.space.files.sources import MoleculesFile
from molsteer.steering.space.rows_of_space import RowsOfSpace
from molsteer.steering.space.search_space import SearchSpace

SAMPLE = 1_000
"""Rows whose chemistry is looked at."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What is in molecules files.

    Attributes:
        rows: Rows in all.
        looked_at: The first rows, whose chemistry was looked at.
        usable: How many of those can be searched.
        left_out: Why others cannot, with their number.
    """

    rows: int
    looked_at: int
    usable: int
    left_out: Counter[str]

    @property
    def reasons(self) -> str:
        """Why some cannot be searched, as a sentence; empty if all can."""
        listed = ", ".join(f"{count:,} {reason}" for reason, count in self.left_out.most_common())
        return f"Left out: {listed}." if listed else ""


def sampled(
    sources: Sequence[Path],
    admission: Admission = DEFAULT,
    smiles_column: str | None = None,
) -> Sample:
    """Count the rows of molecules files, and look at the chemistry of the first ones.

    Raises:
        UnreadableSource: If a file cannot be read.
    """
    from molsteer.steering.space.digesting import digest  # RDKit, like the next one
    from molsteer.steering.space.molecules import Reason

    rows, first, left_out = 0, list[str](), Counter[str]()
    for number, source in enumerate(sources):
        for row in _opened(source, number, smiles_column).rows():
            rows += 1
            if rows > SAMPLE:
                continue
            if row.problem:
                left_out[Reason.TOO_MANY_CELLS.value] += 1
            else:
                first.append(row.smiles)
    digested = digest(first, admission)
    left_out.update(reason.value for reason in digested.reasons if reason is not None)
    usable = len(set(digested.smiles))
    if repeated := len(digested.smiles) - usable:
        left_out[Reason.DUPLICATE.value] = repeated
    return Sample(rows, min(rows, SAMPLE), usable, left_out)


def _opened(source: Path, number: int, smiles_column: str | None) -> MoleculesFile | RowsOfSpace:
    if source.is_dir():
        return RowsOfSpace(SearchSpace.open(source), number)
    return MoleculesFile(source, number, smiles_column)
