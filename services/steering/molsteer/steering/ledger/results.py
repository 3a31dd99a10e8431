"""What the campaign has learned: results, models and predictions."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.learning import Calibration, Trained
from molsteer.shared.wire.messages import Simulated
from molsteer.shared.wire.properties import Output
from molsteer.shared.wire.specs import Surrogate
from molsteer.steering.ledger.known_labels import labelled
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.commands import DispatchTraining

_GRAPHS: tuple[Surrogate, ...] = ("graphs",)

GIVEN = 0
"""Stands for the generation of models that were given to begin with."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of some members of the ensemble.

    Attributes:
        generation: Number of the update they belong to.
        group: Number of the group of members within the update.
        labels: How many results and known labels they were trained on.
        surrogate: What they are.
        validation_mae: Error of the members' mean on held-out molecules, output by output; None
            where no molecule tells.
        calibration: What these molecules say of the spreads, output by output, or nothing.
        file: The weights, below the run directory.
        sha256: Digest of the weights.
    """

    generation: int
    group: int
    labels: int
    surrogate: Surrogate
    validation_mae: tuple[float | None, ...]
    calibration: tuple[Calibration, ...]
    file: Path
    sha256: str


class Weights(NamedTuple):
    """What one training task gave, as a file below the run directory."""

    surrogate: Surrogate
    file: Path
    sha256: str


def add_result(
    ledger: Ledger, task_id: str, molecule: int, level: str, simulated: Simulated, record: str
) -> None:
    """Note what was computed of a molecule, and which models chose it; inside a transaction.

    Every value is a label, also one that was not asked for.

    Args:
        ledger: The campaign's.
        task_id: The simulation.
        molecule: Its number in the search space.
        level: Name of the level it was simulated at.
        simulated: What came of it.
        record: Where its QCSchema records are, below the run directory.
    """
    number = ledger.connection.execute(
        "INSERT INTO result (molecule, level, task_id, smiles, engine, generation, record)"
        " VALUES (?1, ?2, ?3, ?4, ?5,"
        " coalesce((SELECT generation FROM choice WHERE molecule = ?1 AND NOT by_chance), 0), ?6)",
        (molecule, level, task_id, simulated.smiles, simulated.engine, record),
    ).lastrowid
    ledger.connection.executemany(
        "INSERT INTO label (number, molecule, level, property, value, unit)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (number, molecule, level, name, quantity.value, quantity.unit)
            for name, quantity in simulated.values.items()
        ],
    )


def next_number(ledger: Ledger) -> int:
    """Give the number that the next result will have, as long as nothing else is written."""
    return 1 + int(ledger.connection.execute("SELECT max(number) FROM result").fetchone()[0] or 0)


def count(ledger: Ledger) -> int:
    """Tell how many results there are."""
    return int(ledger.connection.execute("SELECT count(*) FROM result").fetchone()[0])


def units(ledger: Ledger, level: str) -> dict[str, str]:
    """Give the unit of each property that there is a label of at a level."""
    rows = ledger.connection.execute(
        # The index has a property's labels side by side, so that each is looked at once.
        "WITH RECURSIVE found (property) AS (SELECT min(property) FROM label WHERE level = ?1"
        " UNION ALL SELECT (SELECT min(property) FROM label WHERE level = ?1"
        " AND property > found.property) FROM found WHERE property IS NOT NULL)"
        " SELECT property, (SELECT unit FROM label WHERE level = ?1"
        " AND property = found.property LIMIT 1) FROM found WHERE property IS NOT NULL",
        (level,),
    )
    return dict(rows.fetchall())


def first_labels(
    ledger: Ledger, count: int, outputs: Sequence[Output]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Give what the first results tell, in the order of settling.

    Args:
        ledger: The campaign's.
        count: How many results; a molecule may have several, one for each level.
        outputs: What is wanted of them.

    Returns:
        Molecules, each once, in the order in which they come first, shape (molecules,); and their
        labels in the units of the outputs, NaN where there is none, shape (outputs, molecules).
    """
    rows = ledger.connection.execute(
        "SELECT molecule FROM result WHERE number <= ? ORDER BY number", (count,)
    )
    columns: dict[int, int] = {}
    for (molecule,) in rows:
        columns.setdefault(molecule, len(columns))
    values = np.full((len(outputs), len(columns)), np.nan)
    for row, output in enumerate(outputs):
        labels = ledger.connection.execute(
            # From result to label by the key of each, whatever else is known of the molecules.
            "SELECT molecule, value FROM result CROSS JOIN label USING (molecule, level)"
            " WHERE result.number <= ? AND level = ? AND property = ?",
            (count, output.level, output.name),
        )
        for molecule, value in labels:
            values[row, columns[molecule]] = value
    return np.fromiter(columns, dtype=np.int64, count=len(columns)), values


def scales(
    ledger: Ledger, outputs: Sequence[Output], count: int, known: int | None = None
) -> tuple[float, ...]:
    """Give the standard deviation of each output's labels, in its unit, so that units compare.

    It is 1 where there are fewer than two labels, or all are the same.

    Args:
        ledger: The campaign's.
        outputs: What the labels are of.
        count: Which results count, beside the known labels: the first so many.
        known: Which known labels count: the first so many, or all.
    """
    _, before = labelled(ledger, outputs, known)
    _, found = first_labels(ledger, count, outputs)
    return tuple(spread(row[~np.isnan(row)]) for row in np.hstack([before, found]))


def spread(values: npt.NDArray[np.float64]) -> float:
    """Give a standard deviation by which numbers can be divided."""
    found = float(values.std()) if len(values) > 1 else 0.0
    return found or 1.0


def add_model(
    ledger: Ledger, command: DispatchTraining, result: Trained, file: Path, sha256: str
) -> None:
    """Note trained members; inside a transaction."""
    ledger.connection.execute(
        "INSERT INTO model (task_id, generation, surrogate, members, labels, validation_mae,"
        " calibration, device, file, sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            command.task_id,
            result.generation,
            command.surrogate,
            json.dumps([member.model_dump() for member in result.members]),
            command.labels,
            json.dumps(result.validation_mae),
            json.dumps([each.model_dump() for each in result.calibration]),
            result.device,
            str(file),
            sha256,
        ),
    )


def set_given(ledger: Ledger, file: Path, sha256: str) -> None:
    """Note the weights of all members with which the campaign begins; inside a transaction."""
    ledger.set_fact("given_models", {"file": str(file), "sha256": sha256})


def weights(
    ledger: Ledger, generation: int, surrogates: Collection[Surrogate] = _GRAPHS
) -> list[Weights]:
    """List the weights of an update, of some kinds of surrogate, in a fixed order.

    Those of an update that trained none are the weights that were given.
    """
    trained = models(ledger, generation)
    given = ledger.fact("given_models")
    if not trained and isinstance(given, dict):
        return [Weights("graphs", Path(given["file"]), given["sha256"])]
    return [
        Weights(model.surrogate, model.file, model.sha256)
        for model in trained
        if model.surrogate in surrogates
    ]


def models(ledger: Ledger, generation: int) -> list[Model]:
    """List the models that one update trained, in a fixed order."""
    rows = ledger.connection.execute(
        "SELECT model.*, json_extract(task.command, '$.group') AS group_number"
        " FROM model JOIN task USING (task_id) WHERE generation = ? ORDER BY task_id",
        (generation,),
    )
    return [
        Model(
            row["generation"],
            row["group_number"],
            row["labels"],
            row["surrogate"],
            tuple(json.loads(row["validation_mae"])),
            tuple(Calibration(**each) for each in json.loads(row["calibration"])),
            Path(row["file"]),
            row["sha256"],
        )
        for row in rows
    ]


def newest_generation_that_ranked(ledger: Ledger) -> int | None:
    """Give the last update by which a chunk was scored, or None if there is none."""
    (generation,) = ledger.connection.execute(
        "SELECT max(json_extract(command, '$.generation')) FROM task"
        " WHERE topic = 'infer' AND status = 'ok' AND json_extract(command, '$.group') IS NULL"
    ).fetchone()
    return None if generation is None else int(generation)


def newest_generation_of(ledger: Ledger, members: Collection[int], before: int) -> int | None:
    """Give the last update before another one that trained all these members.

    It is `GIVEN` where none did but models were given, and None where there are no weights.
    """
    rows = ledger.connection.execute(
        "SELECT generation, members FROM model WHERE generation < ? ORDER BY generation DESC",
        (before,),
    )
    for generation, models_of_generation in groupby(rows, key=lambda row: int(row["generation"])):
        trained = {
            member["member"]
            for row in models_of_generation
            for member in json.loads(row["members"])
        }
        if trained.issuperset(members):
            return generation
    return None if ledger.fact("given_models") is None else GIVEN


def add_predictions(
    ledger: Ledger,
    generation: int,
    molecules: npt.NDArray[np.int64],
    means: npt.NDArray[np.floating],
    spreads: npt.NDArray[np.floating],
    scores: npt.NDArray[np.floating],
) -> None:
    """Keep the newest prediction of each candidate; inside a transaction.

    Args:
        ledger: The campaign's.
        generation: Number of the update that predicts.
        molecules: Shape (n,).
        means: In the units of the outputs, shape (outputs, n).
        spreads: Likewise.
        scores: Shape (n,).
    """
    rows = zip(
        molecules.tolist(), means.T.tolist(), spreads.T.tolist(), scores.tolist(), strict=True
    )
    ledger.connection.executemany(
        "INSERT OR REPLACE INTO prediction (molecule, generation, means, spreads, score)"
        " SELECT ?1, ?2, ?3, ?4, ?5"
        " WHERE NOT EXISTS (SELECT 1 FROM result WHERE molecule = ?1)",
        [
            (molecule, generation, json.dumps(mean), json.dumps(spread), score)
            for molecule, mean, spread, score in rows
        ],
    )
