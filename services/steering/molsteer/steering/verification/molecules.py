"""Whether results belong to the molecules of the search space, where the space is at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from molsteer.shared.errors import UserError
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.run_directory import public_settings
from molsteer.steering.space.errors import SpaceError
from molsteer.steering.space.search_space import SearchSpace


def strangers(ledger: Ledger, run_dir: Path) -> Iterator[str]:
    """Name results whose SMILES is not that of their molecule in the space of the campaign."""
    space = _space(ledger, run_dir)
    if space is None:
        return
    rows = ledger.connection.execute("SELECT number, molecule, smiles FROM result ORDER BY number")
    for number, molecule, smiles in rows:
        own = space.smiles(molecule) if 0 <= molecule < len(space) else None
        if smiles != own:
            yield f"Result {number} is of {smiles}, but molecule {molecule} of the space is {own}."


def _space(ledger: Ledger, run_dir: Path) -> SearchSpace | None:
    """Find the space that the campaign began with: built into its folder, or where it was named."""
    identity = ledger.fact("identity")
    if not isinstance(identity, dict):
        return None
    for folder in _folders(run_dir):
        try:
            space = SearchSpace.open(folder)
        except SpaceError:
            continue
        if space.digest == identity.get("campaign.space"):
            return space
    return None


def _folders(run_dir: Path) -> Iterator[Path]:
    yield from sorted((run_dir / "space").glob("*"))
    try:
        yield from public_settings(run_dir).campaign.space
    except UserError:  # it was not described, or not by this version
        return
