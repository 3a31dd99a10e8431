"""How soon surrogates find the best of a table of known labels: a campaign replayed without queues.

    python bench/surrogates.py labels.csv [--surrogate gp] [--surrogate trees] [--start 100]
        [--batch 25] [--budget 500] [--acquisition ucb] [--beta 1] [--minimise] [--seeds 3]

The table has the columns `smiles` and one of labels; what it looks for is the top 1 % by label. The
last line is one JSON object of the means over the seeds.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from molsteer.inferencer.kinds import combined, moments
from molsteer.inferencer.predictions import Predictions
from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.ml.device import choose_device
from molsteer.shared.ml.loading import load
from molsteer.shared.ml.port import Molecules
from molsteer.shared.wire.arrays.features import Features, join
from molsteer.shared.wire.arrays.training_set import LabelledGraphs
from molsteer.shared.wire.blob import Inline, Placement
from molsteer.shared.wire.learning import Infer, Train
from molsteer.shared.wire.properties import Aim, Objective, Output
from molsteer.shared.wire.specs import Acquisition, Surrogate, TrainingPlan
from molsteer.shared.worker.port import TaskContext
from molsteer.steering.space.errors import UnusableMolecule
from molsteer.steering.space.features.featurizing import featurize_smiles
from molsteer.steering.space.featurize import featurize
from molsteer.trainer.app import train

LABEL = Output(name="label", level="table", unit="eV")
INLINE = Placement()
WITHIN = 1.645
"""Standard deviations around the mean in which nine in ten labels should lie."""

FIRST_JUDGED = 3
"""Generation from which intervals are judged: before, there is nothing to learn from yet."""

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pool:
    """Molecules and their labels, turned so that larger is better."""

    molecules: Molecules
    value: Floats

    @classmethod
    def read(cls, path: Path, *, minimise: bool, graphs: bool) -> Pool:
        """Read a table, leaving out rows without a number or a molecule."""
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        at = header.index("smiles")
        label = next(place for place in range(len(header)) if place != at)
        smiles = {row[at]: row[label] for row in rows if _is_number(row[label])}
        known, features = zip(*_featurized(smiles), strict=True)
        value = np.array([float(smiles[text]) for text in known])
        packed = featurize(known if graphs else ["C"] * len(known))
        return cls(Molecules(packed, join(features)), -value if minimise else value)

    def labelled(self, rows: Rows) -> LabelledGraphs:
        """Take some molecules with their labels."""
        graphs, features = self.molecules.graphs, self.molecules.features
        assert graphs is not None
        assert features is not None
        value = self.value[rows].astype(np.float32)[None]
        return LabelledGraphs(graphs.take(rows), value, features.take(rows))


@dataclass(frozen=True, slots=True)
class Replay:
    """How a campaign on a table is to go."""

    surrogates: tuple[Surrogate, ...]
    start: int
    batch: int
    budget: int
    beta: float
    seed: int

    def run(self, pool: Pool, blobs: MemoryBlobs, scratch: Path) -> dict[str, float]:
        """Label a random start, then batches of what scores best, and judge every step."""
        context = TaskContext(blobs=blobs, reply=INLINE, scratch=scratch, remaining_s=3600.0)
        rows = np.random.default_rng(self.seed).permutation(len(pool.value))[: self.start]
        best = np.flatnonzero(pool.value >= np.percentile(pool.value, 99))
        found = {len(rows): float(np.isin(best, rows).mean())}
        errors: list[float] = []
        took: list[float] = []
        covered: dict[str, list[npt.NDArray[np.bool_]]] = {"chosen": [], "rest": []}
        generation = 0
        while len(rows) < self.budget:
            generation += 1
            begun = time.process_time()
            mean, spread = self._predict(pool, np.sort(rows), generation, context)
            took.append(time.process_time() - begun)
            score = mean + self.beta * spread
            score[rows] = -np.inf
            chosen = np.argsort(-score, kind="stable")[: min(self.batch, self.budget - len(rows))]
            rest = np.setdiff1d(np.arange(len(pool.value)), np.concatenate([rows, chosen]))
            within = np.abs(mean - pool.value) <= WITHIN * spread
            errors.append(float(np.abs(mean - pool.value)[rest].mean()))
            if generation >= FIRST_JUDGED:
                covered["chosen"].append(within[chosen])
                covered["rest"].append(within[rest])
            rows = np.concatenate([rows, chosen])
            found[len(rows)] = float(np.isin(best, rows).mean())
        top = np.argsort(-pool.value, kind="stable")[:100]
        return {
            **{f"found_{n}": found[n] for n in (200, 300, 500) if n in found},
            "n93": next((n for n, share in found.items() if share >= 0.93), float("nan")),
            "top_100": float(np.isin(top, rows).mean()),
            "mae": float(np.mean(errors)),
            **{f"covered_{name}": _mean(parts) for name, parts in covered.items()},
            "update_s": float(np.mean(took)),
        }

    def _predict(
        self, pool: Pool, rows: Rows, generation: int, context: TaskContext
    ) -> tuple[Floats, Floats]:
        """Train on some molecules and predict all; labels' mean and standard deviation."""
        labelled = context.blobs.put(pool.labelled(rows).to_arrays(), "safetensors", INLINE)
        found, calibration = {}, {}
        for kind in self.surrogates:
            trained = train(
                Train(
                    generation=generation,
                    surrogate=kind,
                    members=tuple(range(8)) if kind == "graphs" else (8,),
                    seed=self.seed,
                    plan=TrainingPlan(),
                    outputs=(LABEL,),
                    training_set=labelled,
                ),
                context,
            )
            (surrogate,) = load(kind, [context.blobs.arrays(trained.weights)], choose_device())
            told = surrogate.predict(pool.molecules, batch_size=512)
            members = np.array(surrogate.members)
            found[kind] = moments(Predictions(members, told.value, told.spread))
            calibration[kind] = trained.calibration
        mean, spread = combined(_asked(generation, calibration), found)
        return mean[0], spread[0]


def _asked(generation: int, calibration: dict[Surrogate, tuple[object, ...]]) -> Infer:
    nothing = Inline(codec="safetensors", data=b"")
    return Infer(
        generation=generation,
        chunk=0,
        outputs=(LABEL,),
        aims=(Aim(objective=Objective(output=LABEL)),),
        graphs=nothing,
        weights=(nothing,),
        calibration=calibration,
        acquisition=Acquisition(),
        keep=1,
    )


def _mean(parts: list[npt.NDArray[np.bool_]]) -> float:
    return float(np.concatenate(parts).mean()) if parts else float("nan")


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _featurized(smiles: Iterable[str]) -> Iterator[tuple[str, Features]]:
    for text in smiles:
        try:
            yield text, featurize_smiles([text])
        except UnusableMolecule:
            continue


@click.command()
@click.argument("table", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--surrogate",
    "kinds",
    multiple=True,
    default=("gp", "trees"),
    show_default=True,
    help="What to replay with: gp, trees, graphs, or several with + between, which are averaged.",
)
@click.option("--start", default=100, show_default=True, help="Random labels to begin with.")
@click.option("--batch", default=25, show_default=True, help="Labels between two updates.")
@click.option("--budget", default=500, show_default=True, help="Labels in all.")
@click.option("--beta", default=1.0, show_default=True, help="Weight of the spread; 0 is greedy.")
@click.option("--minimise", is_flag=True, help="Look for the lowest labels.")
@click.option("--seeds", default=3, show_default=True, help="Campaigns for each surrogate.")
def bench(
    table: Path,
    kinds: tuple[str, ...],
    start: int,
    batch: int,
    budget: int,
    beta: float,
    minimise: bool,
    seeds: int,
) -> None:
    """Replay campaigns on a table, and print how soon each finds the best."""
    graphs = any("graphs" in kind for kind in kinds)
    pool = Pool.read(table, minimise=minimise, graphs=graphs)
    print(f"{len(pool.value)} molecules of {table.name}", file=sys.stderr)
    summary = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            figures = []
            for seed in range(seeds):
                replay = Replay(tuple(kind.split("+")), start, batch, budget, beta, seed)
                figures.append(replay.run(pool, MemoryBlobs(), Path(folder)))
                told = ", ".join(f"{name} {value:.3g}" for name, value in figures[-1].items())
                print(f"{kind}, seed {seed}: {told}", flush=True)
            summary[kind] = {
                name: round(float(np.mean([each[name] for each in figures])), 4)
                for name in figures[0]
            }
    print(json.dumps(summary))


if __name__ == "__main__":
    bench()
