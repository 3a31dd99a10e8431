"""Molecules like the best that a campaign has found, as a file of molecules."""

from __future__ import annotations

import csv
import hashlib
import io
from contextlib import closing
from pathlib import Path

from molsteer.shared.host.files.whole_files import write_whole
from molsteer.steering.control.added_labels import FOLDER
from molsteer.steering.errors import RequestRefused
from molsteer.steering.ledger import known_labels
from molsteer.steering.ledger.resting import look_into
from molsteer.steering.ledger.steering_lock import is_held
from molsteer.steering.records.aims import leading
from molsteer.steering.records.figures.bests import best_of
from molsteer.steering.run_directory import public_settings
from molsteer.steering.start.additions.molecules_to_add import searched

HEADINGS = ("smiles", "made_by", "made_of")


def proposals(run_dir: Path, count: int, parents: int, seed: int, *, with_selfies: bool) -> bytes:
    """Propose molecules, none of which the campaign searches or knows a label of.

    Args:
        run_dir: The campaign's folder.
        count: How many are wanted; there may be fewer.
        parents: How many of the best molecules they are made of.
        seed: Makes the choice.
        with_selfies: Whether molecules are changed as SELFIES as well.

    Returns:
        A table with the columns `HEADINGS`, CSV.

    Raises:
        NoCampaign: If the folder holds no campaign.
        RequestRefused: If it has found nothing yet, or nothing new is like what it has found.
        SelfiesUnavailable: If SELFIES are wanted, and their library is missing.
    """
    from molsteer.steering.space.growth.proposing import propose  # RDKit

    with closing(look_into(run_dir, held=is_held(run_dir))) as ledger:
        best = best_of(ledger, leading(ledger), parents)
        known = {smiles.encode("ascii") for smiles in known_labels.names(ledger)}
    if not best:
        reason = "It has no result yet that molecules could be made of. Wait until it has."
        raise RequestRefused(run_dir, reason)
    taken = known | {name for _, name in searched(run_dir).numbered()}
    admission = public_settings(run_dir).admission()
    found = list(propose(best, count, admission, taken, seed, with_selfies=with_selfies))
    if not found:
        reason = "Nothing new was found that is like its best molecules and passes its filter."
        raise RequestRefused(run_dir, f"{reason} Give more --parents, or widen the filter.")
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(HEADINGS)
    table.writerows((each.smiles, each.made_by, each.made_of) for each in found)
    return text.getvalue().encode("ascii")


def keep(run_dir: Path, table: bytes) -> Path:
    """Keep proposals in the run directory, under the name of their content.

    Raises:
        RequestRefused: If nothing can be written there.
    """
    file = run_dir / FOLDER / f"{hashlib.sha256(table).hexdigest()[:16]}.csv"
    try:
        file.parent.mkdir(exist_ok=True)
        return write_whole(file, table, mode=0o644)
    except OSError as error:
        raise RequestRefused(run_dir, f"Nothing can be written there: {error}.") from None
