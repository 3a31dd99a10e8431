"""Proves that a run directory is whole, or names what is broken."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from molsteer.steering.errors import UnusableRunDirectory
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.verification.files import damages
from molsteer.steering.verification.molecules import strangers
from molsteer.steering.verification.replay import disagreements
from molsteer.steering.verification.tables import contradictions


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked at, and what is wrong with it.

    Attributes:
        tasks: Tasks that were ever ordered.
        results: Molecules simulated, once for each level.
        labels: What is known of them.
        models: Trained groups of members.
        finished: Why the campaign has ended, or None while it has not.
        broken: One sentence for each thing that is not as it must be.
    """

    tasks: int
    results: int
    labels: int
    models: int
    finished: str | None
    broken: tuple[str, ...]


def verify(run_dir: Path) -> Verdict:
    """Read a ledger and the files it names, whether or not its campaign runs now.

    Raises:
        NoCampaign: If there is no ledger.
        UnknownLedger: If another version of the program wrote it.
        ServiceUnavailable: If another program holds its lock.
    """
    with closing(Ledger(run_dir, read_only=True)) as ledger:
        try:
            with ledger.snapshot():
                return _examine(ledger, run_dir)
        except (UnusableRunDirectory, sqlite3.DatabaseError) as error:
            reason = error.reason if isinstance(error, UnusableRunDirectory) else error
            damage = f"The file of the ledger cannot be read: {reason}."
            return Verdict(0, 0, 0, 0, finished=None, broken=(damage,))


def _examine(ledger: Ledger, run_dir: Path) -> Verdict:
    finished = ledger.fact("finished")
    broken = chain(
        contradictions(ledger),
        disagreements(ledger),
        damages(ledger, run_dir),
        strangers(ledger, run_dir),
    )
    return Verdict(
        tasks=_count(ledger, "task"),
        results=_count(ledger, "result"),
        labels=_count(ledger, "label"),
        models=_count(ledger, "model"),
        finished=None if finished is None else str(finished),
        broken=tuple(broken),
    )


def _count(ledger: Ledger, table: str) -> int:
    (count,) = ledger.connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return int(count)
