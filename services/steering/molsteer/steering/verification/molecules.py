"""Whether results belong to the molecules of the search space, where the space is at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from molsteer.steering.ledger.additions import grown
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.run_directory import space_of


def strangers(ledger: Ledger, run_dir: Path) -> Iterator[str]:
    """Name results whose SMILES is not that of their molecule in the space of the campaign.

    A space that grew is in the run directory, whatever became of the one that it began with.
    """
    if (addition := grown(ledger)) is not None and not (run_dir / addition.file).is_dir():
        yield f"The search space {addition.file}, which the campaign grew to, is missing."
        return
    space = space_of(run_dir, ledger)
    if space is None:
        return
    rows = ledger.connection.execute("SELECT number, molecule, smiles FROM result ORDER BY number")
    for number, molecule, smiles in rows:
        own = space.smiles(molecule) if 0 <= molecule < len(space) else None
        if smiles != own:
            yield f"Result {number} is of {smiles}, but molecule {molecule} of the space is {own}."
