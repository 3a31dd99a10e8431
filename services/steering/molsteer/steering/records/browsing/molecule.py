"""Everything that is known of one molecule: who chose it and why, what came of it, what it cost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from molsteer.shared.wire.properties import Objective, Output, Quantity
from molsteer.steering.ledger import own_columns
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import objectives, outputs
from molsteer.steering.records.figures.bests import better_than
from molsteer.steering.records.found import Found, read_found_of
from molsteer.steering.records.judging.updates import Update, read_updates
from molsteer.steering.records.traces.paths import TaskPath, paths


@dataclass(frozen=True, slots=True)
class Expectation:
    """What models expected of a molecule.

    Attributes:
        generation: Number of the update whose models they were.
        means: Their means, output by output.
        spreads: How far they were apart, likewise.
        score: What the molecule was ranked by; larger is chosen earlier.
    """

    generation: int
    means: Mapping[Output, Quantity]
    spreads: Mapping[Output, Quantity]
    score: float


@dataclass(frozen=True, slots=True)
class OneMolecule:
    """A molecule of a campaign.

    Attributes:
        molecule: Its number in the search space.
        smiles: The molecule, None where nothing tells.
        own: What the molecules file says of it beside the SMILES, by heading.
        objectives: What is wanted, the leading objective first.
        found: Its results, in the order of settling.
        engines: The program that computed it, by level.
        records: Where its QCSchema records are below the run directory, by level.
        place: How many molecules are better by the leading objective, plus one; None without value.
        by_chance: Whether it was drawn as a control since there were models.
        expected: What was expected when it was chosen, None if there was no model or none told.
        update: The update whose models chose it, None if none did.
        newest: What is expected since, None where it is not on a shortlist.
        paths: Its simulations, attempt by attempt.
    """

    molecule: int
    smiles: str | None
    own: Mapping[str, str]
    objectives: Sequence[Objective]
    found: Sequence[Found]
    engines: Mapping[str, str]
    records: Mapping[str, Path]
    place: int | None
    by_chance: bool
    expected: Expectation | None
    update: Update | None
    newest: Expectation | None
    paths: Sequence[TaskPath]

    @property
    def cpu_s(self) -> float:
        """Processor time of all its simulations."""
        return sum(each.cpu_s or 0.0 for each in self.paths)


def read_molecule(ledger: Ledger, molecule: int) -> OneMolecule | None:
    """Read all that is known of a molecule, None if it was never asked for."""
    tasks = ledger.connection.execute(
        "SELECT task_id FROM task WHERE task_id > ? AND task_id < ? ORDER BY rowid",
        (f"simulate/{molecule}/", f"simulate/{molecule}0"),
    )
    tried = list(paths(ledger, [task_id for (task_id,) in tasks]))
    found = read_found_of(ledger, [molecule]).get(molecule, ())
    if not tried and not found:
        return None
    results = ledger.connection.execute(
        "SELECT level, engine, record FROM result WHERE molecule = ?", (molecule,)
    ).fetchall()
    choice = _row(ledger, "choice", molecule)
    expected = _expectation(ledger, choice)
    by_model = found[0].generation if found else expected.generation if expected else 0
    wanted = objectives(ledger)
    return OneMolecule(
        molecule=molecule,
        smiles=next(filter(None, [*(e.smiles for e in found), *(e.smiles for e in tried)]), None),
        own=own_columns.of(ledger, molecule),
        objectives=wanted,
        found=found,
        engines={row["level"]: row["engine"] for row in results},
        records={row["level"]: ledger.folder / row["record"] for row in results},
        place=_place(ledger, wanted, found),
        by_chance=bool(choice and choice["by_chance"]),
        expected=expected,
        update=next((each for each in read_updates(ledger) if each.generation == by_model), None),
        newest=_expectation(ledger, _row(ledger, "prediction", molecule)),
        paths=tried,
    )


def _row(ledger: Ledger, table: str, molecule: int) -> sqlite3.Row | None:
    row: sqlite3.Row | None = ledger.connection.execute(
        f"SELECT * FROM {table} WHERE molecule = ?",  # noqa: S608 - one of ours
        (molecule,),
    ).fetchone()
    return row


def _expectation(ledger: Ledger, row: sqlite3.Row | None) -> Expectation | None:
    if row is None or row["means"] is None:
        return None
    learned = outputs(ledger)
    means, spreads = (
        {
            output: Quantity(value=value, unit=output.unit)
            for output, value in zip(learned, json.loads(row[name]), strict=False)
        }
        for name in ("means", "spreads")
    )
    return Expectation(row["generation"], means, spreads, row["score"])


def _place(ledger: Ledger, wanted: Sequence[Objective], found: Sequence[Found]) -> int | None:
    known = [v for o in wanted[:1] for each in found if (v := each.value(o.output)) is not None]
    return better_than(ledger, wanted[0], known[0]) + 1 if known else None
