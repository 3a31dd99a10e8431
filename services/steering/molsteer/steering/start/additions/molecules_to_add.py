"""Molecules to be added to the search space of a campaign that has begun."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

from molsteer.steering.control.requests import Addendum
from molsteer.steering.errors import RequestRefused
from molsteer.steering.ledger.resting import look_into
from molsteer.steering.ledger.steering_lock import is_held
from molsteer.steering.run_directory import public_settings, space_of
from molsteer.steering.space.growth.layer import grow
from molsteer.steering.space.progress import Progress, ignore
from molsteer.steering.space.search_space import SearchSpace


def searched(run_dir: Path) -> SearchSpace:
    """Open the search space of a campaign as it is now.

    Raises:
        NoCampaign: If the folder holds no campaign.
        RequestRefused: If the space is not at hand.
    """
    with closing(look_into(run_dir, held=is_held(run_dir))) as ledger:
        space = space_of(run_dir, ledger)
    if space is None:
        reason = "Its search space is not here. Ask where its molecules are, once it has begun."
        raise RequestRefused(run_dir, reason)
    return space


@contextmanager
def grown_by(
    run_dir: Path,
    sources: Sequence[Path],
    source: str,
    *,
    processes: int | None = None,
    smiles_column: str | None = None,
    on_progress: Callable[[Progress], None] = ignore,
) -> Iterator[Addendum]:
    """Grow the space of a campaign, and ask steering in the block; if it refuses, nothing is left.

    Args:
        run_dir: The campaign's folder.
        sources: Molecules files.
        source: Where the molecules come from, for people to read.
        processes: How many read molecules at a time; one for each core by default.
        smiles_column: Heading or number of the column of SMILES, see `build`.
        on_progress: Called after every batch of rows.

    Raises:
        SpaceError: If no molecule of the files is new, or one of them cannot be read.
        RefusedFolder: If the run directory cannot be written.
        RequestRefused: If the space is not at hand.
    """
    base = searched(run_dir)
    folder = Path("space") / f"grown-{uuid4().hex[:12]}"
    (run_dir / "space").mkdir(exist_ok=True)
    manifest = grow(
        base,
        sources,
        run_dir / folder,
        admission=public_settings(run_dir).admission(),
        processes=processes,
        smiles_column=smiles_column,
        on_progress=on_progress,
    )
    over = sum(manifest.rejected_rows.values()) - sum(base.manifest.rejected_rows.values())
    addition = Addendum(
        file=str(folder),
        sha256=manifest.digest,
        source=source,
        onto=base.digest,
        passed_over=over,
    )
    try:
        yield addition
    except RequestRefused:
        shutil.rmtree(run_dir / folder, ignore_errors=True)
        raise
