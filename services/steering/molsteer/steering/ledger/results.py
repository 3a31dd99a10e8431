"""What the campaign has learned: labels, models and predictions."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.messages import Simulated, Trained
from molsteer.steering.ledger.ledger import Ledger

GIVEN = 0
"""Stands for the generation of models that were given to begin with."""

PREDICTED = ("mean", "spread", "score")
"""What is kept of each prediction, all in eV."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of some members of the ensemble.

    Attributes:
        generation: Number of the update they belong to.
        group: Number of the group of members within the update.
        labels: How many labels they were trained on.
        validation_mae_eV: Error of the members' mean on held-out molecules.
        file: The weights, below the run directory.
        sha256: Digest of the weights.
    """

    generation: int
    group: int
    labels: int
    validation_mae_eV: float
    file: Path
    sha256: str


def add_label(
    ledger: Ledger,
    task_id: str,
    molecule: int,
    result: Simulated,
    record: Path,
) -> None:
    """Note the potentials of a molecule, and which models chose it; inside a transaction."""
    ledger.connection.execute(
        "INSERT INTO label (molecule, task_id, smiles, adiabatic_eV, vertical_eV,"
        " engine, generation, record) VALUES (?, ?, ?, ?, ?, ?,"
        " coalesce((SELECT generation FROM choice WHERE molecule = ?), 0), ?)",
        (
            molecule,
            task_id,
            result.smiles,
            result.adiabatic_eV,
            result.vertical_eV,
            result.engine,
            molecule,
            str(record),
        ),
    )


def first_labels(
    ledger: Ledger, count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Give the first labels in the order of settling.

    Returns:
        Molecules, shape (count,), and their adiabatic ionization potentials in eV.
    """
    rows = ledger.connection.execute(
        "SELECT molecule, adiabatic_eV FROM label ORDER BY number LIMIT ?", (count,)
    ).fetchall()
    molecules = np.array([row["molecule"] for row in rows], dtype=np.int64)
    return molecules, np.array([row["adiabatic_eV"] for row in rows], dtype=np.float64)


def add_model(
    ledger: Ledger, task_id: str, labels: int, result: Trained, file: Path, sha256: str
) -> None:
    """Note trained members; inside a transaction."""
    ledger.connection.execute(
        "INSERT INTO model (task_id, generation, members, labels, validation_mae_eV, device, file,"
        " sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            task_id,
            result.generation,
            json.dumps([member.model_dump() for member in result.members]),
            labels,
            result.validation_mae_eV,
            result.device,
            str(file),
            sha256,
        ),
    )


def set_given(ledger: Ledger, file: Path, sha256: str) -> None:
    """Note the weights of all members with which the campaign begins; inside a transaction."""
    ledger.set_fact("given_models", {"file": str(file), "sha256": sha256})


def weights(ledger: Ledger, generation: int) -> list[tuple[Path, str]]:
    """List files and digests of the weights that an update ranks by, in a fixed order.

    Those of an update that trained none are the weights that were given.
    """
    trained = [(model.file, model.sha256) for model in models(ledger, generation)]
    given = ledger.fact("given_models")
    if trained or not isinstance(given, dict):
        return trained
    return [(Path(given["file"]), given["sha256"])]


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
            row["validation_mae_eV"],
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
    candidates: dict[str, npt.NDArray[np.generic]],
) -> None:
    """Keep the newest prediction of each candidate; inside a transaction."""
    columns = [candidates[name].tolist() for name in PREDICTED]
    ledger.connection.executemany(
        "INSERT OR REPLACE INTO prediction (molecule, generation, mean_eV, spread_eV, score_eV)"
        " SELECT ?1, ?2, ?3, ?4, ?5"
        " WHERE NOT EXISTS (SELECT 1 FROM label WHERE molecule = ?1)",
        [
            (molecule, generation, mean, spread, score)
            for molecule, mean, spread, score in zip(molecules.tolist(), *columns, strict=True)
        ],
    )
