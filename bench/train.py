"""What an update of eight members costs, beside members trained one by one from scratch.

Ours goes on from members that learned from all but the newest 25 labels; the peer trains each
member by itself from random weights. Both are judged on molecules that none has seen.

    python bench/train.py [--molecules FILE.csv] [--n 500] [--turns 3]
"""

from __future__ import annotations

import csv
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import torch
from side_by_side import Comparison, by_turns, conclude

from molsteer.shared.ml.network import Ensemble, draw_weights
from molsteer.shared.ml.predicting import predict
from molsteer.shared.wire.ensemble import Architecture
from molsteer.shared.wire.specs import TrainingPlan
from molsteer.steering.space.featurize import featurize
from molsteer.trainer.bootstrap import draw_bootstrap
from molsteer.trainer.fit import fit
from molsteer.trainer.labelled import LabelledMolecules
from molsteer.trainer.scales import fit_scales

MEMBERS, NEW, TESTED, SEED = range(8), 25, 1000, 0
PLAN = TrainingPlan()
QM9 = Path(__file__).parents[1] / "tests" / "data" / "qm9_gfn2_ip.csv"
Values = npt.NDArray[np.float64]


@click.command()
@click.option("--molecules", type=click.Path(path_type=Path), default=QM9, help="SMILES, label.")
@click.option("--n", default=500, show_default=True, help="Labels to learn from.")
@click.option("--turns", default=3, show_default=True, help="How often both are measured.")
def bench(molecules: Path, n: int, turns: int) -> None:
    """Measure seconds of processor, and print both errors on molecules not learned from."""
    torch.set_num_threads(1)
    with molecules.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    value = np.array([[float(row[1]) for row in rows]])
    data = LabelledMolecules(featurize([row[0] for row in rows]), value)
    labelled, test = taken(data, range(n)), taken(data, range(len(rows) - TESTED, len(rows)))
    before = trained(taken(data, range(n - NEW)), MEMBERS)
    errors: dict[str, Values] = {}

    def ours() -> float:
        took_s, ensemble = timed(partial(trained, labelled, MEMBERS, before))
        errors["ours"] = told(ensemble, test)
        return took_s

    def peer() -> float:
        took = [timed(partial(trained, labelled, [member])) for member in MEMBERS]
        errors["peer"] = np.concatenate([told(ensemble, test) for _, ensemble in took])
        return sum(took_s for took_s, _ in took)

    ours_s, peer_s = by_turns(ours, peer, turns)
    for who, wrong in errors.items():
        alone, together = np.abs(wrong).mean(), np.abs(wrong.mean(axis=0)).mean()
        print(f"{who}: a member is wrong by {alone:.3f}, their mean by {together:.3f}")
    what = f"an update of {len(MEMBERS)} members, {n} labels"
    conclude(Comparison("train", what, ours_s, peer_s, "s of processor", n))


def taken(data: LabelledMolecules, rows: range) -> LabelledMolecules:
    """Take some of the molecules with their labels."""
    chosen = np.array(rows)
    return replace(data, graphs=data.graphs.take(chosen), value=data.value[:, chosen])


def trained(
    data: LabelledMolecules, members: range | list[int], before: Ensemble | None = None
) -> Ensemble:
    """Train members, from scratch or from what they were before."""
    bootstrap = draw_bootstrap(SEED, members, len(data))
    ensemble = Ensemble(Architecture(width=PLAN.width, layers=PLAN.layers), len(members))
    draw_weights(ensemble, members)
    ensemble.label_spread.zero_()
    if before is not None:
        ensemble.load_state_dict(before.state_dict())
    fit_scales(ensemble, data, bootstrap)
    plan = PLAN if before is None else PLAN.going_on()
    fit(ensemble, data, bootstrap, plan, SEED, lambda: False)
    return ensemble


def told(ensemble: Ensemble, test: LabelledMolecules) -> Values:
    """Give the errors of each member, shape (members, molecules)."""
    errors: Values = predict(ensemble, test.graphs, len(test))[:, 0] - test.value[0]
    return errors


def timed(work: partial[Ensemble]) -> tuple[float, Ensemble]:
    """Do work, and give the seconds of processor that it took before what it gave."""
    started_at = time.process_time()
    ensemble = work()
    return time.process_time() - started_at, ensemble


if __name__ == "__main__":
    bench()
