"""How fast an ensemble predicts, beside the same networks read plainly, on one core.

The peer is what chemprop and molecular-design do: one member after the other, in batches of 512
molecules, every atom by itself.

    python bench/infer.py [--molecules FILE] [--n 10000] [--turns 5]

Without a file, molecules of QM9 that are in the repository are taken, which have fewer atoms alike
than the drug-like ones of MOSES.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import torch
from side_by_side import Comparison, by_turns, conclude

from molsteer.shared.ml.batch import collate
from molsteer.shared.ml.network import Ensemble, draw_weights
from molsteer.shared.ml.predicting import predict
from molsteer.shared.wire.ensemble import Architecture
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.shared.wire.learning import Infer
from molsteer.shared.wire.specs import TrainingPlan
from molsteer.steering.space.featurize import featurize_rows
from molsteer.steering.space.files.sources import MoleculesFile

MEMBERS, OF_THE_PEER = 8, 512
TOLERANCE = 1e-5
QM9 = Path(__file__).parents[1] / "tests" / "data" / "qm9_gfn2_ip.csv"
OURS = Infer.model_fields["batch_size"].default
Values = npt.NDArray[np.float32]


@click.command()
@click.option("--molecules", type=click.Path(path_type=Path), default=QM9, help="Molecules file.")
@click.option("--n", default=10_000, show_default=True, help="Molecules of it, from its start.")
@click.option("--turns", default=5, show_default=True, help="How often both are measured.")
def bench(molecules: Path, n: int, turns: int) -> None:
    """Measure molecules per second of processor time, each predicted by all members."""
    torch.set_num_threads(1)
    graphs, _ = featurize_rows([row.smiles for row in islice(MoleculesFile(molecules).rows(), n)])
    plan, n = TrainingPlan(), len(graphs)
    architecture = Architecture(width=plan.width, layers=plan.layers)
    ensemble = Ensemble(architecture, MEMBERS)
    draw_weights(ensemble, range(MEMBERS))
    alone = [Ensemble(architecture, 1) for _ in range(MEMBERS)]
    for seed, member in enumerate(alone):
        draw_weights(member, (seed,))
    unlike = np.abs(predict(ensemble, graphs, OURS) - plain(alone, graphs)).max()
    if unlike > TOLERANCE:
        raise click.ClickException(f"Predictions differ by {unlike:.1g}.")
    ours, peer = by_turns(
        lambda: rate(n, lambda: predict(ensemble, graphs, OURS)),
        lambda: rate(n, lambda: plain(alone, graphs)),
        turns,
    )
    what = f"{MEMBERS} members, {architecture.layers} rounds of width {architecture.width}"
    unit = "molecules/s"
    conclude(Comparison("infer", what, ours, peer, unit, n, larger_is_better=True))


@torch.inference_mode()
def plain(members: list[Ensemble], graphs: PackedGraphs) -> Values:
    """Predict with one member after the other, batch after batch."""
    rows = np.split(np.arange(len(graphs)), range(OF_THE_PEER, len(graphs), OF_THE_PEER))
    values = [torch.cat([one(collate(graphs.take(own))) for own in rows], -1) for one in members]
    answer: Values = torch.cat(values).numpy()
    return answer


def rate(molecules: int, work: Callable[[], object]) -> float:
    """Give molecules per second of processor time."""
    started_at = time.process_time()
    work()
    return molecules / (time.process_time() - started_at)


if __name__ == "__main__":
    bench()
