"""By which models each update ranks, and how their spreads are corrected."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.learning import Calibration
from molsteer.shared.wire.properties import Output
from molsteer.shared.wire.specs import Surrogate
from molsteer.steering.ledger.ledger import Ledger

_UNKNOWN = (1.0, np.inf)


class Ranking(Message):
    """What an update decided when it began to score.

    Attributes:
        surrogates: The kinds that rank, averaged.
        errors: Held-out error of each kind that was trained, output by output, in the output's
            unit; None where no label tells.
        guess: Error of always guessing the middle of the labels, likewise.
        scales: Standard deviation of the labels, in the output's unit; 1 where there is none.
        calibration: How the spread of each kind is corrected, output by output.
        widening: Factor of each output's spread after that.
    """

    surrogates: tuple[Surrogate, ...]
    errors: dict[Surrogate, tuple[float | None, ...]]
    guess: tuple[float | None, ...]
    scales: tuple[float, ...]
    calibration: dict[Surrogate, tuple[Calibration, ...]]
    widening: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Misses:
    """Predictions by which molecules were chosen, beside what was computed then.

    Attributes:
        value: As it was computed, in the output's unit, shape (molecules,).
        miss: That minus what was predicted, likewise.
        spread: As it was predicted, likewise.
        widening: What that spread had been widened by, dimensionless.
        scale: Standard deviation of the labels then, in the output's unit.
    """

    value: npt.NDArray[np.float64]
    miss: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64]
    widening: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]


def keep(ledger: Ledger, generation: int, ranking: Ranking) -> None:
    """Note how an update ranks; inside a transaction."""
    ledger.connection.execute(
        "INSERT INTO ranking (generation, body) VALUES (?, ?)",
        (generation, ranking.model_dump_json()),
    )


def predicted_means(
    ledger: Ledger, outputs: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Give what was predicted last of ranked molecules that have no result.

    Returns:
        The updates that predicted it, shape (molecules,); and means in the units of the outputs,
        shape (outputs, molecules).
    """
    rows = ledger.connection.execute("SELECT generation, means FROM prediction").fetchall()
    updates = np.array([update for update, _ in rows], dtype=np.int64)
    means = [json.loads(text) for _, text in rows]
    return updates, np.array(means, dtype=np.float64).reshape(-1, outputs).T


def of_update(ledger: Ledger, generation: int) -> Ranking | None:
    """Give what an update decided, None if it has not yet."""
    row = ledger.connection.execute(
        "SELECT body FROM ranking WHERE generation = ?", (generation,)
    ).fetchone()
    return None if row is None else Ranking.model_validate_json(row["body"])


def misses(ledger: Ledger, outputs: Sequence[Output], place: int, limit: int) -> Misses:
    """Compare the newest labels of an output with the predictions by which they were chosen.

    Args:
        ledger: The campaign's.
        outputs: What models predict.
        place: Which of them.
        limit: How many labels.
    """
    output = outputs[place]
    decided = {
        row["generation"]: Ranking.model_validate_json(row["body"])
        for row in ledger.connection.execute("SELECT generation, body FROM ranking")
    }
    rows = ledger.connection.execute(
        "SELECT value, means, spreads, generation FROM label CROSS JOIN choice USING (molecule)"
        " WHERE level = ? AND property = ? AND means IS NOT NULL ORDER BY number DESC LIMIT ?",
        (output.level, output.name, limit),
    )
    found = []
    for row in rows:
        mean, spread = (json.loads(row[name])[place] for name in ("means", "spreads"))
        ranking = decided.get(row["generation"])
        widening, scale = (ranking.widening[place], ranking.scales[place]) if ranking else _UNKNOWN
        found.append((row["value"], row["value"] - mean, spread, widening, scale))
    return Misses(*np.array(found, dtype=np.float64).reshape(-1, 5).T)
