"""What a table of true values says of a campaign."""

from __future__ import annotations

import csv

from molsteer.shared.wire.properties import Objective
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import leading
from molsteer.steering.records.figures.recall import Recall, recall
from molsteer.steering.settings.amounts import Percentage, in_molecules

TABLES = "tables"
"""Folder of a run directory in which tables are kept."""


def read_recall(ledger: Ledger) -> Recall | None:
    """Tell how many of the best were found; None where no table of true values is kept."""
    objective, truth = leading(ledger), ledger.fact("truth")
    if objective is None or not isinstance(truth, dict):
        return None
    merits = true_merits(ledger, objective)
    if not merits:
        return None
    given = truth["top"]
    top = in_molecules(Percentage(given) if isinstance(given, str) else int(given), len(merits))
    return recall(merits, labelled(ledger, objective), top)


def true_merits(ledger: Ledger, objective: Objective) -> dict[str, float]:
    """Read how good each molecule is that has a true value; none where no table is kept."""
    truth = ledger.fact("truth")
    if not isinstance(truth, dict):
        return {}
    file = ledger.folder / TABLES / str(truth["file"])
    try:
        with file.open(newline="", encoding="utf-8") as opened:
            return {
                row["smiles"]: objective.merit(float(value))
                for row in csv.DictReader(opened)
                if (value := row.get(objective.output.name))
            }
    except OSError:
        return {}


def labelled(ledger: Ledger, objective: Objective) -> list[str]:
    """Name the molecules that have a label of an objective, in the order of settling."""
    output = objective.output
    rows = ledger.connection.execute(
        "SELECT result.smiles FROM result JOIN label USING (molecule, level)"
        " WHERE label.level = ? AND label.property = ? ORDER BY result.number",
        (output.level, output.name),
    )
    return [str(smiles) for (smiles,) in rows]
