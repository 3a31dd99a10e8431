"""How often a label lies within the interval that a campaign's models gave for it.

The campaign's own weights predict the whole pool once more, through the messages that steering
writes and the inferencer that answers them.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from molsteer.inferencer.app import build
from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.wire.arrays.candidates import Candidates
from molsteer.shared.wire.blob import Placement
from molsteer.shared.wire.learning import Infer, Inferred
from molsteer.shared.worker.port import TaskContext
from molsteer.steering.errors import LEDGER_FILE
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.loop.dispatching import Dispatching
from molsteer.steering.policy.commands import DispatchInference
from molsteer.steering.run_directory import public_settings
from molsteer.steering.space.search_space import SearchSpace

FIRST = 3
"""Generation from which on spreads are judged; the first ones know little."""

SPREADS = 1.645
"""Half of an interval of 90 % of a normal distribution, in spreads."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Labels that lie within their intervals, and all that there are.

    Attributes:
        chosen: Of molecules that the models chose.
        rest: Of all others that had no label when they were predicted.
    """

    chosen: tuple[int, int] = (0, 0)
    rest: tuple[int, int] = (0, 0)

    def __add__(self, other: Coverage) -> Coverage:
        """Pool two campaigns."""
        chosen = (self.chosen[0] + other.chosen[0], self.chosen[1] + other.chosen[1])
        return Coverage(chosen, (self.rest[0] + other.rest[0], self.rest[1] + other.rest[1]))


NO_INTERVALS = Coverage()


def coverage(run_dir: Path, values: Mapping[str, float]) -> Coverage:
    """Count labels within their intervals, all generations from `FIRST` on together.

    Args:
        run_dir: Of a campaign that has ended.
        values: True values by SMILES.
    """
    settings = public_settings(run_dir)
    (folder,) = settings.campaign.space
    space = SearchSpace.open(folder)
    truth = np.array([values.get(space.smiles(row), np.nan) for row in range(len(space))])
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copy(run_dir / LEDGER_FILE, scratch)
        with closing(Ledger(Path(scratch))) as ledger:
            level = settings.objectives[0].output.level
            results = _results(ledger, level)
            total = Coverage()
            for generation, labels in _generations(ledger):
                blobs = MemoryBlobs()
                dispatching = Dispatching("bench", settings, run_dir, space, ledger, blobs)
                context = TaskContext(blobs, Placement(store="redis"), Path(scratch), 1e6)
                inside = _inside(dispatching, context, generation, truth)
                chosen = [molecule for _, molecule, by in results if by == generation]
                known = [molecule for number, molecule, _ in results if number <= labels]
                total += _counted(inside, truth, chosen, known)
    return total


def _inside(
    dispatching: Dispatching,
    context: TaskContext,
    generation: int,
    truth: npt.NDArray[np.float64],
) -> npt.NDArray[np.bool_]:
    """Tell of each molecule whether its value lies within the interval."""
    settings, space, infer = dispatching.settings, dispatching.space, build()
    output = settings.outputs.index(settings.objectives[0].output)
    inside = np.zeros(len(space), dtype=np.bool_)
    for chunk in range(len(space.chunks)):
        body = dispatching.task(DispatchInference(generation, chunk), now=0.0).body
        assert isinstance(body, Infer)
        answer = infer(body.model_copy(update={"keep": len(space)}), context)
        assert isinstance(answer, Inferred)
        arrays = context.blobs.arrays(answer.candidates)
        found = Candidates.from_arrays(arrays, len(settings.outputs), answer.scored)
        molecules = chunk * space.chunk_size + found.row.astype(np.int64)
        error = np.abs(found.mean[output] - truth[molecules])
        inside[molecules] = error <= SPREADS * found.spread[output]
    return inside


def _counted(
    inside: npt.NDArray[np.bool_],
    truth: npt.NDArray[np.float64],
    chosen: list[int],
    known: list[int],
) -> Coverage:
    rest = np.isfinite(truth)
    rest[[*chosen, *known]] = False
    ours = [molecule for molecule in chosen if np.isfinite(truth[molecule])]
    return Coverage(
        (int(inside[ours].sum()), len(ours)), (int(inside[rest].sum()), int(rest.sum()))
    )


def _generations(ledger: Ledger) -> list[tuple[int, int]]:
    rows = ledger.connection.execute(
        "SELECT generation, max(labels) FROM model WHERE generation >= ? GROUP BY generation",
        (FIRST,),
    )
    return [(int(generation), int(labels)) for generation, labels in rows]


def _results(ledger: Ledger, level: str) -> list[tuple[int, int, int]]:
    rows = ledger.connection.execute(
        "SELECT number, molecule, generation FROM result WHERE level = ?", (level,)
    )
    return [tuple(row) for row in rows]
