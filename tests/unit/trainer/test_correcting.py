"""A dear level is learned as a correction of a cheap one."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest
import torch

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.blobs.port import Arrays
from molsteer.shared.ml.errors import UnusableWeights
from molsteer.shared.ml.loading import load
from molsteer.shared.ml.on_features.manifest import read, write
from molsteer.shared.ml.on_features.scaling import Scale
from molsteer.shared.ml.port import Molecules
from molsteer.shared.wire.arrays.relation import Line, line
from molsteer.shared.wire.arrays.training_set import LabelledGraphs
from molsteer.shared.wire.blob import Placement
from molsteer.shared.wire.learning import Train, Trained
from molsteer.shared.wire.properties import Indicator, Output
from molsteer.shared.wire.specs import ON_FEATURES, Surrogate, TrainingPlan
from molsteer.shared.worker.port import TaskContext
from molsteer.steering.space.features.featurizing import featurize_smiles
from molsteer.steering.space.featurize import featurize
from molsteer.trainer.app import train

pytestmark = pytest.mark.fast

CHEAP = Output(name="gap", level="cheap", unit="eV")
DEAR = Output(name="gap", level="dear", unit="eV")
GROUPS = ("O", "N", "S", "C(=O)", "C#C", "C(F)(F)", "C(=O)O", "C(=O)N")
SMILES = ["C" * n + group + "C" * more for n in (1, 3, 5) for more in (1, 2, 4) for group in GROUPS]

Floats = npt.NDArray[np.float64]


def values() -> tuple[Floats, Floats]:
    """What the levels say: a smooth value of a molecule, and one that nearly follows it."""
    features = featurize_smiles(SMILES)
    scaled = Scale.of(features.electronic)(features.electronic).numpy().astype(np.float64)
    cheap: Floats = scaled[:, 0] + np.sin(2.0 * scaled[:, 1]) + 0.5 * scaled[:, 2]
    return cheap, 0.8 * cheap + 3.0


def labelled_as(dear: Floats, cheap: Floats) -> Arrays:
    """The training set of the molecules of which anything is known."""
    rows = np.flatnonzero(np.isfinite(dear) | np.isfinite(cheap))
    features = featurize_smiles(SMILES).take(rows)
    value = np.array([dear, cheap], dtype=np.float32)[:, rows]
    return LabelledGraphs(featurize([SMILES[row] for row in rows]), value, features).to_arrays()


def trained(
    kind: Surrogate,
    dear: Floats,
    cheap: Floats,
    folder: Path,
    cheap_output: Output = CHEAP,
    indicators: tuple[Indicator, ...] = (),
) -> tuple[Trained, Arrays]:
    """Train, and give the weights as well."""
    blobs = MemoryBlobs()
    body = Train(
        generation=1,
        surrogate=kind,
        members=(8,),
        seed=1,
        plan=TrainingPlan(),
        outputs=(DEAR, cheap_output),
        indicators=indicators,
        training_set=blobs.put(labelled_as(dear, cheap), "safetensors", Placement()),
    )
    found = train(body, TaskContext(blobs, Placement(), folder, 600.0))
    return found, blobs.arrays(found.weights)


def error(kind: Surrogate, weights: Arrays, truth: Floats, asked: npt.NDArray[np.bool_]) -> float:
    (surrogate,) = load(kind, [weights], torch.device("cpu"))
    told = surrogate.predict(Molecules(featurize(SMILES), featurize_smiles(SMILES)), 512)
    return float(np.abs(told.value[0, 0] - truth)[asked].mean())


@pytest.mark.parametrize("kind", sorted(ON_FEATURES))
def test_what_the_cheap_level_knows_of_a_molecule_is_known_at_the_dear_one(
    kind: Surrogate, tmp_path: Path
) -> None:
    cheap, truth = values()
    dear = np.where(np.arange(len(truth)) % 5 == 0, truth, np.nan)
    _, together = trained(kind, dear, cheap, tmp_path)
    _, alone = trained(kind, dear, np.full_like(cheap, np.nan), tmp_path)
    unknown = np.isnan(dear)
    assert error(kind, together, truth, unknown) < 0.5 * error(kind, alone, truth, unknown)


@pytest.mark.parametrize("labels", [4, 20])
@pytest.mark.parametrize("kind", sorted(ON_FEATURES))
def test_another_property_that_falls_where_the_wanted_one_rises_tells_about_it(
    kind: Surrogate, labels: int, tmp_path: Path
) -> None:
    value, truth = values()
    orbital = -20.0 * value  # in another unit as well
    dear = np.where(np.arange(len(truth)) % (len(truth) // labels) == 0, truth, np.nan)
    level = Output(name="orbital", level="cheap", unit="kcal/mol")
    falls = Indicator(output=level, of=DEAR.name, falls=True)
    _, together = trained(kind, dear, orbital, tmp_path, level, (falls,))
    _, alone = trained(kind, dear, orbital, tmp_path, level)
    unknown = np.isnan(dear)
    assert error(kind, together, truth, unknown) < 0.6 * error(kind, alone, truth, unknown)


@pytest.mark.parametrize("kind", sorted(ON_FEATURES))
def test_before_there_is_a_dear_label_molecules_are_ranked_as_the_indicator_says(
    kind: Surrogate, tmp_path: Path
) -> None:
    value, truth = values()
    level = Output(name="orbital", level="cheap", unit="eV")
    falls = Indicator(output=level, of=DEAR.name, falls=True)
    nothing = np.full_like(truth, np.nan)
    _, arrays = trained(kind, nothing, -value, tmp_path, level, (falls,))
    (surrogate,) = load(kind, [arrays], torch.device("cpu"))
    told = surrogate.predict(Molecules(featurize(SMILES), featurize_smiles(SMILES)), 512)
    assert np.corrcoef(told.value[0, 0], truth)[0, 1] > 0.9


@pytest.mark.parametrize("kind", sorted(ON_FEATURES))
def test_a_correction_is_judged_without_what_the_cheap_level_says_of_the_molecule(
    kind: Surrogate, tmp_path: Path
) -> None:
    cheap, truth = values()
    dear = np.where(np.arange(len(truth)) % 5 == 0, truth, np.nan)
    found, _ = trained(kind, dear, cheap, tmp_path)
    of_dear, of_cheap = found.validation_mae
    assert of_dear is not None
    assert of_cheap is not None
    assert of_dear == pytest.approx(0.8 * of_cheap, rel=0.3)  # nothing is left but the slope


def test_a_line_through_few_labels_keeps_to_equal_numbers() -> None:
    assert line(np.array([np.nan]), np.array([1.0])) == Line(1.0, 0.0, None, 0)
    one = line(np.array([1.0, 5.0]), np.array([3.0, np.nan]))
    assert one[:3] == (1.0, 2.0, None)
    lower = np.linspace(0.0, 1.0, 400)
    few = line(lower, np.where(np.arange(400) % 200 == 0, 0.5 * lower, np.nan))
    many = line(lower, 0.5 * lower + 2.0)
    assert 0.8 < few.slope < 1.0
    assert many.slope == pytest.approx(0.5, abs=0.01)
    assert many.spread == pytest.approx(0.0, abs=0.01)


def test_a_correction_of_a_correction_is_refused(tmp_path: Path) -> None:
    cheap, truth = values()
    few = np.where(np.arange(len(truth)) < 20, truth, np.nan)
    _, arrays = trained("trees", few, cheap, tmp_path)
    manifest = read(arrays, "trees")
    assert manifest.base == (1, None)
    for base in ((1, 0), (2, None), (1,)):
        damaged = write(manifest.model_copy(update={"base": base}), arrays)
        with pytest.raises(UnusableWeights, match="corrects outputs"):
            read(damaged, "trees")


def test_every_surrogate_on_features_learns_corrections() -> None:
    assert set(get_args(Surrogate)) - set(ON_FEATURES) == {"graphs"}
