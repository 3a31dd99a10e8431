"""How soon acquisitions widen the front of two objectives: campaigns replayed without queues.

    python bench/fronts.py labels.csv FIRST OTHER [--both-high] [--acquisition ehvi]
        [--start 30] [--batch 10] [--budget 200] [--seeds 5]

The table has the columns `smiles`, FIRST, which is maximised, and OTHER, which is minimised, or
maximised as well. Told is the part of what the front of the whole table covers, between its worst
and its best values, that the labels cover by then. The last line is one JSON object of the means
over the seeds.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from surrogates import INLINE, Floats, Rows, _featurized, _is_number

from molsteer.inferencer.acquisition import Known, expectations, score
from molsteer.inferencer.kinds import combined, moments
from molsteer.inferencer.predictions import Predictions
from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.ml.device import choose_device
from molsteer.shared.ml.loading import load
from molsteer.shared.ml.port import Molecules
from molsteer.shared.wire.arrays.features import join
from molsteer.shared.wire.arrays.training_set import LabelledGraphs
from molsteer.shared.wire.blob import Inline
from molsteer.shared.wire.learning import Infer, Train
from molsteer.shared.wire.properties import Aim, Goal, Objective, Output
from molsteer.shared.wire.specs import CHANCE, Acquisition, TrainingPlan
from molsteer.shared.worker.port import TaskContext
from molsteer.steering.records.figures.pareto.front import front
from molsteer.steering.records.figures.pareto.hypervolume import hypervolume
from molsteer.steering.space.featurize import featurize
from molsteer.trainer.app import train

OUTPUTS = (Output(name="first", level="table"), Output(name="other", level="table"))
_ANY = TaskContext(MemoryBlobs(), INLINE, Path(), remaining_s=3600.0)


@dataclass(frozen=True, slots=True)
class Pool:
    """Molecules, their two labels, and what is wanted of these."""

    molecules: Molecules
    values: Floats
    wanted: tuple[Objective, ...]

    @classmethod
    def read(cls, path: Path, first: str, other: str, goal: Goal) -> Pool:
        """Read a table, leaving out rows without numbers or a molecule."""
        with path.open(encoding="utf-8") as file:
            rows = {
                row["smiles"]: (float(row[first]), float(row[other]))
                for row in csv.DictReader(file)
                if _is_number(row[first]) and _is_number(row[other])
            }
        known, features = zip(*_featurized(rows), strict=True)
        molecules = Molecules(featurize(["C"] * len(known)), join(features))
        wanted = (Objective(output=OUTPUTS[0]), Objective(output=OUTPUTS[1], goal=goal))
        return cls(molecules, np.array([rows[smiles] for smiles in known]).T, wanted)

    @property
    def merits(self) -> Floats:
        """How good each is by each objective, from 0, the worst, to 1, the best."""
        merits = np.array(
            [each.merit(row) for each, row in zip(self.wanted, self.values, strict=True)]
        ).T
        lowest = merits.min(axis=0)
        told: Floats = (merits - lowest) / (merits.max(axis=0) - lowest)
        return told

    def covered(self, rows: Rows) -> float:
        """Give the part of what all cover that some do."""
        every = hypervolume(_front(self.merits).tolist())
        return hypervolume(_front(self.merits[rows]).tolist()) / every


def replayed(
    pool: Pool, kind: str, *, start: int, batch: int, budget: int, seed: int
) -> dict[int, float]:
    """Label a random start, then batches of what scores best; what the front covers after each."""
    rows = np.random.default_rng(seed).permutation(pool.values.shape[1])[:start]
    covered, generation = {len(rows): pool.covered(rows)}, 0
    while len(rows) < budget:
        generation += 1
        labels = pool.values[:, np.sort(rows)]
        scales = labels.std(axis=1)
        aims = tuple(Aim(objective=o, scale=s) for o, s in zip(pool.wanted, scales, strict=True))
        mean = spread = np.zeros(pool.values.shape)
        if kind != CHANCE:
            mean, spread = _predicted(pool, np.sort(rows), aims, generation, seed)
        merits = np.array(
            [a.objective.merit(v) / a.scale for a, v in zip(aims, labels, strict=True)]
        ).T
        known = Known(_front(merits), seed, generation, range(mean.shape[1]), merits.min(axis=0))
        expected = expectations(aims, OUTPUTS, mean, spread)
        scores = score(expected, Acquisition(kind=kind), known)
        scores[rows] = -np.inf
        rows = np.concatenate([rows, np.argsort(-scores, kind="stable")[:batch]])
        covered[len(rows)] = pool.covered(rows)
    return covered


def _front(merits: Floats) -> Floats:
    return merits[front(merits.tolist())]


def _predicted(
    pool: Pool, rows: Rows, aims: tuple[Aim, ...], generation: int, seed: int
) -> tuple[Floats, Floats]:
    """Train a Gaussian process on some molecules, and predict all with calibrated spreads."""
    graphs, features = pool.molecules.graphs, pool.molecules.features
    assert graphs is not None
    assert features is not None
    values = pool.values[:, rows].astype(np.float32)
    labelled = LabelledGraphs(graphs.take(rows), values, features.take(rows))
    body = Train(
        generation=generation,
        surrogate="gp",
        members=(8,),
        seed=seed,
        plan=TrainingPlan(),
        outputs=OUTPUTS,
        training_set=_ANY.blobs.put(labelled.to_arrays(), "safetensors", INLINE),
    )
    trained = train(body, _ANY)
    (surrogate,) = load("gp", [_ANY.blobs.arrays(trained.weights)], choose_device())
    told = surrogate.predict(pool.molecules, batch_size=512)
    nothing = Inline(codec="safetensors", data=b"")
    asked = Infer(
        generation=generation,
        chunk=0,
        outputs=OUTPUTS,
        aims=aims,
        graphs=nothing,
        weights=(nothing,),
        calibration={"gp": trained.calibration},
        acquisition=Acquisition(),
        keep=1,
    )
    members = np.array(surrogate.members)
    return combined(asked, {"gp": moments(Predictions(members, told.value, told.spread))})


@click.command()
@click.argument("table", type=click.Path(path_type=Path, exists=True))
@click.argument("first")
@click.argument("other")
@click.option("--both-high", is_flag=True, help="Maximise the other one as well.")
@click.option("--acquisition", "kinds", multiple=True, default=("ehvi", "pareto", "ucb", "random"))
@click.option("--start", default=30, show_default=True, help="Random labels to begin with.")
@click.option("--batch", default=10, show_default=True, help="Labels between two updates.")
@click.option("--budget", default=200, show_default=True, help="Labels in all.")
@click.option("--seeds", default=5, show_default=True, help="Campaigns for each acquisition.")
def bench(
    table: Path,
    first: str,
    other: str,
    *,
    both_high: bool,
    kinds: tuple[str, ...],
    start: int,
    batch: int,
    budget: int,
    seeds: int,
) -> None:
    """Replay campaigns on a table, and print what their fronts cover."""
    pool = Pool.read(table, first, other, "maximise" if both_high else "minimise")
    size = len(_front(pool.merits))
    print(f"{pool.values.shape[1]} molecules, {size} of them on the front")
    summary = {}
    for kind in kinds:
        runs = []
        for seed in range(seeds):
            runs.append(replayed(pool, kind, start=start, batch=batch, budget=budget, seed=seed))
            told = ", ".join(f"{n}: {part:.3f}" for n, part in runs[-1].items())
            print(f"{kind}, seed {seed}: {told}", flush=True)
        at = {n: round(float(np.mean([run[n] for run in runs])), 3) for n in runs[0]}
        summary[kind] = {"mean": round(float(np.mean(list(at.values()))), 3), **at}
    print(json.dumps(summary))


if __name__ == "__main__":
    bench()
