"""All campaigns below a folder, each in a few words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from molsteer.shared.errors import MolsteerError
from molsteer.shared.wire.properties import Quantity
from molsteer.steering.errors import LEDGER_FILE, NoSuchFolder
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.resting import look_into
from molsteer.steering.ledger.steering_lock import is_held
from molsteer.steering.records.aims import leading
from molsteer.steering.records.figures import bests
from molsteer.steering.records.figures.reached import reached


@dataclass(frozen=True, slots=True)
class Summary:
    """A campaign at a glance, or a folder that holds none.

    Attributes:
        folder: The run directory.
        name: Name of the campaign, None where it cannot be read.
        state: running, paused, stopping, interrupted, or why it ended; `starting` before its first
            decision, `damaged` where it cannot be read, `no campaign` for any other folder.
        done: Successful simulations at all levels, None where they cannot be read.
        budget: Successful simulations wanted at all levels, likewise.
        property: What molecules are called the best by, the property of the leading objective.
        best: Its best value so far, None before the first.
        best_smiles: Its molecule.
        last_active_at: When its ledger was written last, in seconds of the Unix epoch.
        problem: Why it cannot be read, or None.
    """

    folder: str
    name: str | None = None
    state: str = "no campaign"
    done: int | None = None
    budget: int | None = None
    property: str | None = None
    best: Quantity | None = None
    best_smiles: str | None = None
    last_active_at: float | None = None
    problem: str | None = None


def overview(folder: Path) -> list[Summary]:
    """Summarise the campaigns in a folder, those at work last first; other folders come last.

    Args:
        folder: A folder of run directories, or a run directory.

    Raises:
        NoSuchFolder: If it is none, or cannot be read.
    """
    found = [summary(place) for place in places(folder)]
    return in_order(found)


def in_order(summaries: Iterable[Summary]) -> list[Summary]:
    """Put campaigns at work last first, and other folders last."""
    return sorted(
        summaries, key=lambda each: (each.state == "no campaign", -(each.last_active_at or 0))
    )


def places(folder: Path) -> Sequence[Path]:
    """List the folders that may hold a campaign, or the run directory itself; raises likewise."""
    if (folder / LEDGER_FILE).is_file():
        return [folder]
    try:
        with os.scandir(folder) as entries:
            return sorted(folder / entry.name for entry in entries if _may_hold_campaign(entry))
    except OSError as error:
        raise NoSuchFolder(folder, error.strerror or str(error)) from None


def _may_hold_campaign(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir() and not entry.name.startswith(".")


def summary(folder: Path) -> Summary:
    """Summarise what one folder holds."""
    try:
        if not (folder / LEDGER_FILE).exists():
            return Summary(str(folder))
        held = is_held(folder)
        with closing(look_into(folder, held=held)) as ledger:
            return _read(folder, ledger, runs=held)
    except (MolsteerError, OSError, sqlite3.Error, ValueError, TypeError, KeyError) as error:
        # Whatever somebody put there; one of them must not hide the others.
        problem = " ".join(str(error).split())
        return Summary(
            str(folder), state="damaged", last_active_at=_last_active_at(folder), problem=problem
        )


def _read(folder: Path, ledger: Ledger, *, runs: bool | None) -> Summary:
    identity = ledger.fact("identity")
    levels, objective = reached(ledger), leading(ledger)
    best = bests.best(ledger, objective)
    return Summary(
        folder=str(folder),
        name=str(identity["campaign.name"]) if isinstance(identity, dict) else None,
        state=", ".join(_conditions(ledger, runs=runs)),
        done=sum(each.done for each in levels),
        budget=sum(each.budget for each in levels) if levels else None,
        property=objective.output.name if objective else None,
        best=best.value if best else None,
        best_smiles=best.smiles if best else None,
        last_active_at=_last_active_at(folder),
    )


def _conditions(ledger: Ledger, *, runs: bool | None) -> Iterator[str]:
    if finished := ledger.fact("finished"):
        yield str(finished)
        return
    for name in ("paused", "stopping"):
        if ledger.fact(name):
            yield name
    if runs:
        yield "running" if ledger.has_events else "starting"
    elif runs is None:
        yield "perhaps running"
    else:
        yield "interrupted"


def _last_active_at(folder: Path) -> float | None:
    times = []
    for name in (LEDGER_FILE, f"{LEDGER_FILE}-wal"):
        try:
            status = (folder / name).stat()
        except OSError:
            continue
        if status.st_size:
            times.append(status.st_mtime)
    return max(times, default=None)
