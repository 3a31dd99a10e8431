from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from support.molecules import additive_value, features_of, some_molecules

from molsteer.inferencer.app import build
from molsteer.inferencer.kinds import combined, moments
from molsteer.inferencer.predictions import Predictions
from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.ml.errors import MissingFeatures, UnusableFeatures, UnusableWeights
from molsteer.shared.wire.arrays.candidates import Candidates
from molsteer.shared.wire.arrays.training_set import LabelledGraphs
from molsteer.shared.wire.blob import Blob, Placement
from molsteer.shared.wire.learning import Calibration, Infer, Predict, Train, Trained
from molsteer.shared.wire.properties import Aim, Objective, Output
from molsteer.shared.wire.specs import Acquisition, Surrogate, TrainingPlan
from molsteer.shared.worker.port import TaskContext
from molsteer.trainer.app import train

pytestmark = pytest.mark.fast

GAP = Output(name="homo_lumo_gap", level="xtb", unit="eV")
STORE = Placement(store="redis", threshold_bytes=0)
KINDS: tuple[Surrogate, ...] = ("graphs", "gp", "trees")
COUNT = 40


class CountingBlobs(MemoryBlobs):
    """Remembers which blobs were read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[Blob] = []

    def arrays(self, blob: Blob) -> dict[str, npt.NDArray[np.generic]]:
        self.reads.append(blob)
        return super().arrays(blob)


@pytest.fixture(scope="module")
def blobs() -> Iterator[CountingBlobs]:
    store = CountingBlobs()
    yield store
    store.close()


@pytest.fixture
def context(blobs: CountingBlobs, tmp_path: Path) -> TaskContext:
    return TaskContext(blobs=blobs, reply=STORE, scratch=tmp_path, remaining_s=600.0)


@pytest.fixture(scope="module")
def trained(
    blobs: CountingBlobs, tmp_path_factory: pytest.TempPathFactory
) -> dict[Surrogate, Trained]:
    scratch = tmp_path_factory.mktemp("scratch")
    context = TaskContext(blobs=blobs, reply=STORE, scratch=scratch, remaining_s=600.0)
    graphs = some_molecules(COUNT)
    value = additive_value(graphs)[None].astype(np.float32)
    known = LabelledGraphs(graphs, value, features_of(COUNT))
    training_set = blobs.put(known.to_arrays(), "safetensors", STORE)
    plan = TrainingPlan(width=8, layers=2, epochs=3)
    return {
        kind: train(
            Train(
                generation=3,
                surrogate=kind,
                members=(0, 1) if kind == "graphs" else (8 + KINDS.index(kind),),
                seed=1,
                plan=plan,
                outputs=(GAP,),
                training_set=training_set,
            ),
            context,
        )
        for kind in KINDS
    }


def a_task(
    blobs: MemoryBlobs, trained: dict[Surrogate, Trained], *kinds: Surrogate, features: int = COUNT
) -> Infer:
    return Infer(
        generation=3,
        chunk=5,
        outputs=(GAP,),
        aims=(Aim(objective=Objective(output=GAP)),),
        graphs=blobs.put(some_molecules(COUNT).to_arrays(), "safetensors", STORE),
        features=blobs.put(features_of(features).to_arrays(), "safetensors", STORE),
        weights=tuple(trained[kind].weights for kind in kinds),
        surrogates=kinds,
        acquisition=Acquisition(kind="ucb", beta=1.0),
        keep=COUNT,
    )


def scored(task: Infer, context: TaskContext) -> tuple[npt.NDArray[np.generic], ...]:
    """Mean and spread of each molecule of the chunk, in its order."""
    arrays = context.blobs.arrays(build()(task, context).candidates)
    found = Candidates.from_arrays(arrays, outputs=1, molecules=COUNT)
    order = np.argsort(found.row)
    return found.mean[0, order], found.spread[0, order]


def test_kinds_are_averaged_each_counting_alike(
    blobs: CountingBlobs, context: TaskContext, trained: dict[Surrogate, Trained]
) -> None:
    alone = [scored(a_task(blobs, trained, kind), context) for kind in KINDS]
    mean, spread = scored(a_task(blobs, trained, *KINDS), context)
    np.testing.assert_allclose(mean, np.mean([each[0] for each in alone], axis=0), rtol=1e-5)
    together = np.sqrt(np.mean([np.square(each[1]) for each in alone], axis=0))
    np.testing.assert_allclose(spread, together, rtol=1e-4)


def test_the_spread_of_a_kind_is_corrected_before_and_that_of_all_widened_after(
    blobs: CountingBlobs, context: TaskContext, trained: dict[Surrogate, Trained]
) -> None:
    raw = [scored(a_task(blobs, trained, kind), context)[1] for kind in ("gp", "trees")]
    task = a_task(blobs, trained, "gp", "trees").model_copy(
        update={"calibration": {"gp": (Calibration(floor=0.5, factor=2.0),)}, "widening": (3.0,)}
    )
    _, spread = scored(task, context)
    gp = 2.0 * np.hypot(raw[0], 0.5)
    np.testing.assert_allclose(spread, 3.0 * np.sqrt((gp**2 + raw[1] ** 2) / 2.0), rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_predicted_in_advance_changes_nothing(
    blobs: CountingBlobs, context: TaskContext, trained: dict[Surrogate, Trained], kind: Surrogate
) -> None:
    task = a_task(blobs, trained, *KINDS)
    place = KINDS.index(kind)
    early = build()(
        Predict(
            generation=3,
            chunk=5,
            outputs=(GAP,),
            graphs=task.graphs,
            features=task.features,
            weights=task.weights[place],
            surrogate=kind,
        ),
        context,
    )
    predicted = tuple(early.predictions if each == kind else None for each in KINDS)
    later = task.model_copy(update={"predicted": predicted})
    blobs.reads.clear()
    assert build()(later, context) == build()(task, context)
    assert blobs.reads.count(task.weights[place]) == 1


def test_only_what_the_surrogates_read_is_read(
    blobs: CountingBlobs, context: TaskContext, trained: dict[Surrogate, Trained]
) -> None:
    task = a_task(blobs, trained, "gp")
    blobs.reads.clear()
    scorer = build()
    scorer(task, context)
    scorer(task, context)
    assert blobs.reads == [task.features, *task.weights, task.features]


def test_a_chunk_without_the_features_that_are_needed_is_a_failure(
    blobs: CountingBlobs, context: TaskContext, trained: dict[Surrogate, Trained]
) -> None:
    bare = a_task(blobs, trained, *KINDS).model_copy(update={"features": None})
    with pytest.raises(MissingFeatures, match="'gp'"):
        build()(bare, context)
    with pytest.raises(UnusableFeatures, match="of 7 molecules, and the chunk has 40"):
        build()(a_task(blobs, trained, *KINDS, features=7), context)
    other = bare.model_copy(update={"features": bare.graphs})
    with pytest.raises(UnusableFeatures, match="Build the search space again"):
        build()(other, context)


def test_weights_of_another_kind_than_said_are_refused(
    blobs: CountingBlobs, context: TaskContext, trained: dict[Surrogate, Trained]
) -> None:
    task = a_task(blobs, trained, "gp")
    with pytest.raises(UnusableWeights, match="of the surrogate 'gp'"):
        build()(task.model_copy(update={"surrogates": ("trees",)}), context)
    with pytest.raises(UnusableWeights, match="1 of them, of 2 surrogates"):
        build()(task.model_copy(update={"surrogates": ("gp", "trees")}), context)


def test_the_doubt_of_a_kind_is_that_of_its_members_and_between_them() -> None:
    values = np.array([[[1.0]], [[3.0]]], dtype=np.float32)
    own = np.array([[[2.0]], [[4.0]]], dtype=np.float32)
    mean, spread = moments(Predictions(np.arange(2), values, own))
    assert mean.tolist() == [[2.0]]
    assert spread[0, 0] == pytest.approx(np.sqrt(1.0 + (4.0 + 16.0) / 2.0))


def test_a_kind_without_calibration_keeps_its_spread_to_the_bit(
    blobs: CountingBlobs, trained: dict[Surrogate, Trained]
) -> None:
    spread = np.random.default_rng(0).random((1, 9))
    told = combined(a_task(blobs, trained, "graphs"), {"graphs": (spread * 5.0, spread)})
    assert (told[1] == spread).all()
