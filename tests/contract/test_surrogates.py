"""What every surrogate owes to those who train and ask it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from support.molecules import additive_value, features_of, some_molecules

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.errors import TaskError
from molsteer.shared.ml.errors import (
    MissingFeatures,
    UnusableWeights,
    WrongArchitecture,
    WrongFeatures,
)
from molsteer.shared.ml.loading import load
from molsteer.shared.ml.on_features import manifest
from molsteer.shared.ml.port import Molecules, Prediction
from molsteer.shared.wire.arrays.training_set import LabelledGraphs
from molsteer.shared.wire.blob import Placement
from molsteer.shared.wire.learning import Train, Trained
from molsteer.shared.wire.properties import Output
from molsteer.shared.wire.specs import ON_FEATURES, Surrogate, TrainingPlan
from molsteer.shared.worker.port import TaskContext
from molsteer.trainer.app import build
from molsteer.trainer.on_features import gp

pytestmark = pytest.mark.fast

GAP = Output(name="homo_lumo_gap", level="xtb", unit="eV")
DEARER_GAP = Output(name="homo_lumo_gap", level="dear", unit="eV")
ATOMS = Output(name="atoms", level="count")
STORE = Placement(store="redis")
PLAN = TrainingPlan(width=16, layers=2, epochs=60, batch_size=16)
KINDS: tuple[Surrogate, ...] = ("graphs", "gp", "trees")
LABELLED, ALL = 120, 180
Floats = npt.NDArray[np.float64]
all_kinds = pytest.mark.parametrize("kind", KINDS)
on_features = pytest.mark.parametrize("kind", sorted(ON_FEATURES))


@pytest.fixture(scope="session")
def molecules() -> Molecules:
    return Molecules(some_molecules(ALL), features_of(ALL))


@pytest.fixture(scope="session")
def value(molecules: Molecules) -> Floats:
    assert molecules.graphs is not None
    return additive_value(molecules.graphs)


@pytest.fixture
def context(tmp_path: Path) -> TaskContext:
    return TaskContext(blobs=MemoryBlobs(), reply=STORE, scratch=tmp_path, remaining_s=600.0)


def some(molecules: Molecules, rows: npt.NDArray[np.int64]) -> Molecules:
    assert molecules.graphs is not None
    assert molecules.features is not None
    return Molecules(molecules.graphs.take(rows), molecules.features.take(rows))


def train(
    kind: Surrogate,
    molecules: Molecules,
    values: Floats,
    context: TaskContext,
    outputs: tuple[Output, ...] = (GAP,),
) -> Trained:
    assert molecules.graphs is not None
    labels = np.atleast_2d(values).astype(np.float32)
    labelled = LabelledGraphs(molecules.graphs, labels, molecules.features)
    body = Train(
        generation=2,
        surrogate=kind,
        members=(0, 1, 2) if kind == "graphs" else (8,),
        seed=5,
        plan=PLAN,
        outputs=outputs,
        training_set=context.blobs.put(labelled.to_arrays(), "safetensors", STORE),
    )
    return build()(body, context)


def ask(
    kind: Surrogate, trained: Trained, molecules: Molecules, context: TaskContext
) -> Prediction:
    weights = context.blobs.arrays(trained.weights)
    (surrogate,) = load(kind, [weights], torch.device("cpu"))
    assert surrogate.members == tuple(member.member for member in trained.members)
    return surrogate.predict(molecules, batch_size=50)


@all_kinds
def test_what_can_be_learned_is_learned(
    kind: Surrogate, molecules: Molecules, value: Floats, context: TaskContext
) -> None:
    first, rest = np.arange(LABELLED), np.arange(LABELLED, ALL)
    trained = train(kind, some(molecules, first), value[first], context)
    told = ask(kind, trained, some(molecules, rest), context).value.mean(axis=0)[0]
    blind = np.abs(value[rest] - value[first].mean()).mean()
    assert np.abs(told - value[rest]).mean() < 0.5 * blind
    (error,) = trained.validation_mae
    assert error is not None
    assert error < 0.7 * blind


def test_of_many_labels_all_say_the_mean_of_each_output_and_some_the_spread(
    molecules: Molecules, value: Floats, context: TaskContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert molecules.graphs is not None
    both = np.array([value, molecules.graphs.atom_counts.astype(np.float64)])
    both[0, 100:], both[1, :20] = np.nan, np.nan
    first, rest = np.arange(LABELLED), some(molecules, np.arange(LABELLED, ALL))
    asked = []
    for exact in (LABELLED, 50):
        monkeypatch.setattr(gp, "_EXACT_LABELS", exact)
        monkeypatch.setattr(gp, "_POINTS", 90)
        trained = train("gp", some(molecules, first), both[:, first], context, (GAP, ATOMS))
        asked.append(ask("gp", trained, rest, context))
    np.testing.assert_allclose(asked[1].value, asked[0].value, rtol=1e-3)
    spreads = [told.spread for told in asked]
    assert spreads[0] is not None
    assert spreads[1] is not None
    np.testing.assert_allclose(spreads[1], spreads[0], rtol=0.5)
    assert (spreads[1] != spreads[0]).any()


@all_kinds
def test_the_same_task_gives_the_same_weights(
    kind: Surrogate, molecules: Molecules, value: Floats, context: TaskContext
) -> None:
    few = np.arange(40)
    once, again = (train(kind, some(molecules, few), value[few], context) for _ in range(2))
    assert once == again


@all_kinds
def test_what_is_predicted_does_not_depend_on_the_size_of_batches(
    kind: Surrogate, molecules: Molecules, value: Floats, context: TaskContext
) -> None:
    few = np.arange(40)
    trained = train(kind, some(molecules, few), value[few], context)
    (surrogate,) = load(kind, [context.blobs.arrays(trained.weights)], torch.device("cpu"))
    whole, piecewise = (surrogate.predict(molecules, batch_size=size) for size in (ALL, 7))
    np.testing.assert_allclose(piecewise.value, whole.value, atol=1e-4)
    if whole.spread is not None and piecewise.spread is not None:
        np.testing.assert_allclose(piecewise.spread, whole.spread, atol=1e-4)


@on_features
def test_doubt_grows_away_from_what_was_learned(
    kind: Surrogate, molecules: Molecules, value: Floats, context: TaskContext
) -> None:
    lean = np.argsort(value, kind="stable")[:60]
    trained = train(kind, some(molecules, lean), value[lean], context)
    spread = ask(kind, trained, molecules, context).spread
    assert spread is not None
    others = np.setdiff1d(np.arange(ALL), lean)
    assert spread[0, 0, others].mean() > 1.2 * spread[0, 0, lean].mean()


@all_kinds
def test_outputs_with_labels_of_their_own_molecules_are_learned_together(
    kind: Surrogate, molecules: Molecules, value: Floats, context: TaskContext
) -> None:
    values = np.stack([value, 100.0 - 3.0 * value])
    values[0, ::2], values[1, 1::2] = np.nan, np.nan
    trained = train(kind, molecules, values, context, outputs=(GAP, ATOMS))
    told = ask(kind, trained, molecules, context).value.mean(axis=0)
    correlation = np.corrcoef(told[0], value)[0, 1], np.corrcoef(told[1], -value)[0, 1]
    assert min(correlation) > 0.8
    assert len(trained.calibration) == 2


@all_kinds
def test_an_output_without_labels_breaks_nothing(
    kind: Surrogate, molecules: Molecules, value: Floats, context: TaskContext
) -> None:
    few = np.arange(40)
    values = np.stack([value[few], np.full(40, np.nan)])
    trained = train(kind, some(molecules, few), values, context, outputs=(GAP, ATOMS))
    told = ask(kind, trained, molecules, context)
    assert np.isfinite(told.value).all()
    assert trained.validation_mae[0] is not None
    assert trained.validation_mae[1] is None


@all_kinds
@pytest.mark.parametrize("labels", [1, 2, 5])
def test_a_handful_of_labels_gives_numbers(
    kind: Surrogate, molecules: Molecules, value: Floats, context: TaskContext, labels: int
) -> None:
    few = np.arange(labels)
    trained = train(kind, some(molecules, few), value[few], context)
    told = ask(kind, trained, molecules, context)
    assert np.isfinite(told.value).all()
    assert np.abs(told.value - value[few].mean()).max() < 10.0
    assert all(np.isfinite([each.floor, each.factor]).all() for each in trained.calibration)


@all_kinds
def test_a_level_with_hardly_any_labels_is_predicted_from_the_one_with_most(
    kind: Surrogate, molecules: Molecules, value: Floats, context: TaskContext
) -> None:
    dear = np.where(np.arange(ALL) < 3, value + 2.0, np.nan)
    outputs = (DEARER_GAP, GAP)
    trained = train(kind, molecules, np.stack([dear, value]), context, outputs)
    told = ask(kind, trained, molecules, context).value.mean(axis=0)
    np.testing.assert_allclose(told[0] - told[1], 2.0, atol=1e-3)
    assert trained.validation_mae[0] is not None


@all_kinds
def test_equal_labels_are_learned_as_they_are(
    kind: Surrogate, molecules: Molecules, context: TaskContext
) -> None:
    trained = train(kind, some(molecules, np.arange(30)), np.full(30, 7.5), context)
    told = ask(kind, trained, molecules, context)
    np.testing.assert_allclose(told.value, 7.5, atol=1e-3)


@all_kinds
def test_foreign_arrays_are_refused(
    kind: Surrogate, molecules: Molecules, value: Floats, context: TaskContext
) -> None:
    few = np.arange(30)
    other: Surrogate = "trees" if kind == "gp" else "gp"
    foreign = context.blobs.arrays(train(other, some(molecules, few), value[few], context).weights)
    for arrays in ({}, {"lines": np.ones(3)}, foreign):
        with pytest.raises((UnusableWeights, WrongArchitecture)):
            load(kind, [arrays], torch.device("cpu"))


@all_kinds
def test_damaged_weights_are_refused_or_give_numbers(
    kind: Surrogate, molecules: Molecules, value: Floats, context: TaskContext
) -> None:
    few = np.arange(30)
    trained = train(kind, some(molecules, few), value[few], context)
    arrays = context.blobs.arrays(trained.weights)
    for name, array in arrays.items():
        for wrong in (array[:-1], np.atleast_1d(array).view(np.uint8), np.full_like(array, 200)):
            try:
                (surrogate,) = load(kind, [{**arrays, name: wrong}], torch.device("cpu"))
                surrogate.predict(some(molecules, np.arange(5)), batch_size=5)
            except TaskError:
                pass
    with pytest.raises(TaskError):
        load(
            kind,
            [{name: array for name, array in arrays.items() if name != "manifest"}],
            torch.device("cpu"),
        )


@on_features
def test_molecules_without_features_are_a_failure_that_says_the_cure(
    kind: Surrogate, molecules: Molecules, value: Floats, context: TaskContext
) -> None:
    few = some(molecules, np.arange(30))
    trained = train(kind, few, value[:30], context)
    bare = Molecules(graphs=few.graphs)
    with pytest.raises(MissingFeatures, match=r"Build the search space with features"):
        ask(kind, trained, bare, context)
    with pytest.raises(MissingFeatures):
        train(kind, bare, value[:30], context)


@on_features
def test_features_of_another_kind_are_refused(
    kind: Surrogate,
    molecules: Molecules,
    value: Floats,
    context: TaskContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = some(molecules, np.arange(30))
    trained = train(kind, few, value[:30], context)
    assert few.features is not None
    narrow = replace(few.features, descriptors=few.features.descriptors[:, :-1])
    with pytest.raises(WrongFeatures, match="descriptors"):
        ask(kind, trained, Molecules(features=narrow), context)
    monkeypatch.setattr(manifest, "FEATURES", 99)
    with pytest.raises(WrongFeatures, match="version"):
        ask(kind, trained, few, context)
