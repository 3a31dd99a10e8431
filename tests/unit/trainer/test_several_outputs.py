"""Members learn several outputs from whatever labels a molecule has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.molecules import additive_value, some_molecules

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.ml.network import Ensemble, draw_weights
from molsteer.shared.ml.predicting import predict
from molsteer.shared.ml.weights import EnsembleWeights
from molsteer.shared.wire.blob import Blob, Placement
from molsteer.shared.wire.ensemble import Architecture
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.shared.wire.learning import Train, Trained
from molsteer.shared.wire.properties import Indicator, Output
from molsteer.shared.wire.specs import TrainingPlan
from molsteer.shared.worker.port import TaskContext
from molsteer.trainer.app import build
from molsteer.trainer.bootstrap import draw_bootstrap
from molsteer.trainer.fit import fit
from molsteer.trainer.labelled import LabelledMolecules
from molsteer.trainer.scales import fit_scales

pytestmark = pytest.mark.fast

GAP = Output(name="homo_lumo_gap", level="xtb", unit="eV")
GAP_ABOVE = GAP.model_copy(update={"level": "above"})
HYDROGENS = Output(name="hydrogens", level="count")

STORE = Placement(store="redis")
SMALL = TrainingPlan(width=16, layers=2, epochs=8, batch_size=16, learning_rate=3e-3)
NOTHING = float("nan")

Labels = npt.NDArray[np.float32]


@pytest.fixture(scope="session")
def molecules() -> PackedGraphs:
    return some_molecules(300)


def gaps(graphs: PackedGraphs) -> Labels:
    return additive_value(graphs).astype(np.float32)


def hydrogens(graphs: PackedGraphs) -> Labels:
    owners = np.repeat(np.arange(len(graphs)), graphs.atom_counts)
    return np.bincount(owners, weights=graphs.atoms[:, 3]).astype(np.float32)


@dataclass
class Trainer:
    context: TaskContext

    def __call__(
        self,
        graphs: PackedGraphs,
        labels: dict[Output, Labels],
        members: tuple[int, ...] = (0, 1),
        plan: TrainingPlan = SMALL,
        warm_start: Trained | None = None,
        indicators: tuple[Indicator, ...] = (),
    ) -> Trained:
        arrays = {**graphs.to_arrays(), "value": np.stack(list(labels.values()))}
        before: tuple[Blob, ...] | None = (warm_start.weights,) if warm_start else None
        body = Train(
            generation=1,
            members=members,
            seed=5,
            plan=plan,
            outputs=tuple(labels),
            indicators=indicators,
            training_set=self.context.blobs.put(arrays, "safetensors", STORE),
            warm_start=before,
        )
        return build()(body, self.context)

    def weights(self, trained: Trained) -> EnsembleWeights:
        return EnsembleWeights.from_arrays(self.context.blobs.arrays(trained.weights))

    def predictions(self, trained: Trained, graphs: PackedGraphs) -> Labels:
        return predict(self.weights(trained).build(torch.device("cpu")), graphs, 256)


@pytest.fixture
def train(tmp_path: Path) -> Trainer:
    return Trainer(
        TaskContext(blobs=MemoryBlobs(), reply=STORE, scratch=tmp_path, remaining_s=600.0)
    )


def test_two_properties_are_learned_from_molecules_that_have_one_label_each(
    train: Trainer, molecules: PackedGraphs
) -> None:
    mixed = np.random.default_rng(0).permutation(300)  # small ones come first in the sample
    seen, unseen = molecules.take(mixed[:240]), molecules.take(mixed[240:])
    first = np.arange(240) % 2 == 0
    plan = SMALL.model_copy(update={"width": 32, "epochs": 40})
    trained = train(
        seen,
        {
            GAP: np.where(first, gaps(seen), NOTHING),
            HYDROGENS: np.where(first, NOTHING, hydrogens(seen)),
        },
        plan=plan,
        members=(0, 1, 2, 3),
    )
    found = train.predictions(trained, unseen).mean(axis=0)
    for row, truth in enumerate((gaps(unseen), hydrogens(unseen))):
        error, spread = np.abs(found[row] - truth).mean(), np.abs(truth - truth.mean()).mean()
        assert error < 0.35 * spread
        assert trained.validation_mae[row] == pytest.approx(error, rel=0.7)


def a_task(
    graphs: PackedGraphs, value: npt.NDArray[np.float64]
) -> tuple[Ensemble, LabelledMolecules]:
    data = LabelledMolecules(graphs, value)
    ensemble = Ensemble(Architecture(width=8, layers=1, outputs=len(value)), 2)
    draw_weights(ensemble, (1, 2))
    ensemble.label_spread.zero_()
    fit_scales(ensemble, data, draw_bootstrap(5, (0, 1), len(graphs)))
    return ensemble, data


def test_a_label_teaches_the_head_of_its_own_output_alone(molecules: PackedGraphs) -> None:
    graphs = molecules.take(np.arange(20))
    value = np.stack([additive_value(graphs), np.full(20, NOTHING)])
    ensemble, data = a_task(graphs, value)
    ensemble.label_spread[:, 1] = 1.0  # a scale from earlier labels, which are here no more
    before = {name: tensor.clone() for name, tensor in ensemble.state_dict().items()}
    fit(ensemble, data, draw_bootstrap(5, (0, 1), 20), SMALL, 5, lambda: False)
    changed = {
        name for name, tensor in ensemble.state_dict().items() if not tensor.equal(before[name])
    }
    assert {"outputs.0.weight", "outputs.0.bias", "hidden.weight"} <= changed
    assert not {name for name in changed if name.startswith("outputs.1")}


@settings(deadline=None, max_examples=8)
@given(
    st.lists(st.booleans(), min_size=30, max_size=30).filter(any),
    st.floats(-1e6, 1e6, width=32),
)
def test_an_output_without_labels_leaves_the_training_of_the_other_as_it_is(
    labelled: list[bool], mean_before: float
) -> None:
    graphs = some_molecules(30).take(np.flatnonzero(labelled))
    bootstrap = draw_bootstrap(5, (0, 1), len(graphs))
    plan = SMALL.model_copy(update={"epochs": 2})
    told = additive_value(graphs)
    alone, data = a_task(graphs, told[None])
    fit(alone, data, bootstrap, plan, 5, lambda: False)
    for value in ([told, told * NOTHING], [told * NOTHING, told]):
        row = int(np.isnan(value[0]).all())
        beside, data = a_task(graphs, np.stack(value))
        beside.outputs[row].load_state_dict(a_task(graphs, told[None])[0].outputs[0].state_dict())
        beside.label_mean[:, 1 - row] = mean_before
        fit(beside, data, bootstrap, plan, 5, lambda: False)
        # The last digit depends on where arrays begin in memory.
        np.testing.assert_allclose(
            predict(beside, graphs, 8)[:, row], predict(alone, graphs, 8)[:, 0], rtol=1e-5
        )


def test_the_order_of_outputs_does_not_matter(train: Trainer, molecules: PackedGraphs) -> None:
    graphs = molecules.take(np.arange(60))
    some = np.where(np.arange(60) % 3 == 0, NOTHING, hydrogens(graphs)).astype(np.float32)
    one = train(graphs, {GAP: gaps(graphs), HYDROGENS: some})
    other = train(graphs, {HYDROGENS: some, GAP: gaps(graphs)})
    assert one.validation_mae[0] == pytest.approx(other.validation_mae[1], rel=0.3)
    assert one.validation_mae[1] == pytest.approx(other.validation_mae[0], rel=0.3)


def test_an_output_without_any_label_says_nothing_and_is_not_judged(
    train: Trainer, molecules: PackedGraphs
) -> None:
    graphs = molecules.take(np.arange(40))
    nothing = np.full(40, NOTHING, dtype=np.float32)
    trained = train(graphs, {HYDROGENS: nothing, GAP: gaps(graphs)})
    assert trained.validation_mae[0] is None
    assert {member.validation_mae[0] for member in trained.members} == {None}
    assert trained.validation_mae[1] is not None
    found = train.predictions(trained, molecules)
    assert (found[:, 0] == 0).all()  # all members alike, so that no molecule is preferred
    assert found[:, 1].std() > 0

    later = train(graphs, {HYDROGENS: hydrogens(graphs), GAP: gaps(graphs)}, warm_start=trained)
    error = later.validation_mae[0]
    assert error is not None
    assert error < hydrogens(graphs).mean()
    np.testing.assert_array_equal(  # a scale is kept by the weights that were trained on it
        train.weights(later).tensors["label_mean"][:, 1],
        train.weights(trained).tensors["label_mean"][:, 1],
    )


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_a_handful_of_labels_spread_over_outputs_gives_numbers(
    train: Trainer, molecules: PackedGraphs, count: int
) -> None:
    graphs = molecules.take(np.arange(count))
    first = np.arange(count) % 2 == 0
    trained = train(
        graphs,
        {
            GAP: np.where(first, gaps(graphs), NOTHING),
            HYDROGENS: np.where(first, NOTHING, hydrogens(graphs)),
        },
        members=tuple(range(8)),
    )
    assert np.isfinite(train.predictions(trained, molecules)).all()
    for name, tensor in train.weights(trained).tensors.items():
        assert np.isfinite(tensor).all(), name


def test_numbers_of_any_size_are_learned(train: Trainer, molecules: PackedGraphs) -> None:
    graphs = molecules.take(np.arange(100))
    tiny, huge = gaps(graphs) * np.float32(1e-6), gaps(graphs) * np.float32(1e6)
    trained = train(graphs, {GAP: tiny, HYDROGENS: huge})
    for error, truth in zip(trained.validation_mae, (tiny, huge), strict=True):
        assert error is not None
        assert error < np.abs(truth - truth.mean()).mean()


def with_a_level_above(graphs: PackedGraphs, labels: int) -> dict[Output, Labels]:
    """Gaps at both levels, those of the level above one larger and known for the first alone."""
    above = np.full(len(graphs), NOTHING, dtype=np.float32)
    above[:labels] = gaps(graphs)[:labels] + 1.0
    return {GAP_ABOVE: above, GAP: gaps(graphs)}


@pytest.mark.parametrize(("labels", "shift"), [(0, 0.0), (3, 1.0)])
def test_a_level_with_hardly_any_labels_is_predicted_from_the_one_with_most(
    train: Trainer, molecules: PackedGraphs, labels: int, shift: float
) -> None:
    graphs = molecules.take(np.arange(100))
    trained = train(graphs, with_a_level_above(graphs, labels))
    above, below = train.predictions(trained, molecules).transpose(1, 0, 2)
    np.testing.assert_allclose(above, below + shift, atol=1e-5)
    assert (trained.validation_mae[0] is None) == (labels == 0)


def test_a_level_with_enough_labels_is_learned_from_them(
    train: Trainer, molecules: PackedGraphs
) -> None:
    graphs = molecules.take(np.arange(100))
    early = train(graphs, with_a_level_above(graphs, 3))
    late = train(graphs, with_a_level_above(graphs, 30), warm_start=early)
    above, below = train.predictions(late, molecules).transpose(1, 0, 2)
    assert np.ptp(above - below) > 1e-3


@pytest.mark.parametrize("labels", [0, 6])
def test_a_network_with_hardly_any_labels_follows_what_another_property_tells(
    train: Trainer, molecules: PackedGraphs, labels: int
) -> None:
    graphs = molecules.take(np.arange(100))
    orbital = Output(name="orbital", level="xtb", unit="kcal/mol")
    above = with_a_level_above(graphs, labels)[GAP_ABOVE]
    trained = train(
        graphs,
        {GAP_ABOVE: above, orbital: -23.0 * gaps(graphs)},
        indicators=(Indicator(output=orbital, of=GAP_ABOVE.name, falls=True),),
    )
    told, of_it = train.predictions(trained, molecules).transpose(1, 0, 2)
    slope, shift = np.polyfit(of_it[0], told[0], 1)
    np.testing.assert_allclose(told, slope * of_it + shift, atol=1e-2)
    assert slope == pytest.approx(-1.0 if labels == 0 else -1 / 23, rel=0.5)


def test_another_property_or_unit_lends_nothing(train: Trainer, molecules: PackedGraphs) -> None:
    graphs = molecules.take(np.arange(40))
    nothing = np.full(40, NOTHING, dtype=np.float32)
    other_unit = GAP_ABOVE.model_copy(update={"unit": "kcal/mol"})
    trained = train(graphs, {other_unit: nothing, HYDROGENS: nothing, GAP: gaps(graphs)})
    assert (train.predictions(trained, molecules)[:, :2] == 0).all()
