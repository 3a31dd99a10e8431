from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from support.molecules import some_molecules

from molsteer.inferencer.acquisition import Expectation, Known, score
from molsteer.inferencer.app import build
from molsteer.inferencer.errors import NonFinitePredictions
from molsteer.inferencer.scorer import Scorer
from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.ml.errors import UnusableGraphs, WrongArchitecture
from molsteer.shared.ml.network import Ensemble, draw_weights
from molsteer.shared.ml.predicting import predict
from molsteer.shared.ml.weights import EnsembleWeights, join
from molsteer.shared.wire.arrays.candidates import Candidates
from molsteer.shared.wire.blob import Blob, ObjRef, Placement
from molsteer.shared.wire.ensemble import Architecture, Manifest
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.shared.wire.learning import Cost, Infer, Predict
from molsteer.shared.wire.properties import Aim, Objective, Output
from molsteer.shared.wire.specs import Acquisition
from molsteer.shared.worker.port import TaskContext

pytestmark = pytest.mark.fast

STORE = Placement(store="redis", threshold_bytes=0)
INLINE = Placement()


class CountingBlobs(MemoryBlobs):
    """Remembers which blobs were read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[Blob] = []

    def arrays(self, blob: Blob) -> dict[str, npt.NDArray[np.generic]]:
        self.reads.append(blob)
        return super().arrays(blob)


@pytest.fixture(scope="module")
def graphs() -> PackedGraphs:
    return some_molecules(60)


@pytest.fixture
def blobs() -> Iterator[CountingBlobs]:
    store = CountingBlobs()
    yield store
    store.close()


@pytest.fixture
def context(blobs: CountingBlobs, tmp_path: Path) -> TaskContext:
    return TaskContext(blobs=blobs, reply=STORE, scratch=tmp_path, remaining_s=600.0)


GAP = Output(name="homo_lumo_gap", level="xtb", unit="eV")
HYDROGENS = Output(name="hydrogens", level="count")
LARGE_GAP = Aim(objective=Objective(output=GAP))
TEN_HYDROGENS = Aim(objective=Objective(output=HYDROGENS, goal="reach", target=10.0), scale=4.0)


def some_weights(
    *members: int, width: int = 8, mean: float = 13.0, outputs: tuple[Output, ...] = (GAP,)
) -> EnsembleWeights:
    architecture = Architecture(width=width, layers=2, outputs=len(outputs))
    ensemble = Ensemble(architecture, len(members))
    draw_weights(ensemble, members)
    ensemble.label_mean.fill_(mean)
    manifest = Manifest(
        architecture=architecture, outputs=outputs, members=members, generation=3, seed=0
    )
    return EnsembleWeights.of(ensemble, manifest)


def a_task(
    blobs: MemoryBlobs,
    graphs: PackedGraphs,
    *parts: EnsembleWeights,
    keep: int,
    placement: Placement = STORE,
    aims: tuple[Aim, ...] = (LARGE_GAP,),
) -> Infer:
    return Infer(
        generation=3,
        chunk=5,
        outputs=parts[0].manifest.outputs,
        aims=aims,
        graphs=blobs.put(graphs.to_arrays(), "safetensors", STORE),
        weights=tuple(blobs.put(part.to_arrays(), "safetensors", placement) for part in parts),
        acquisition=Acquisition(kind="ucb", beta=2.0),
        keep=keep,
        batch_size=16,
    )


def test_a_chunk_comes_back_as_its_best_candidates_and_a_summary(
    graphs: PackedGraphs, blobs: CountingBlobs, context: TaskContext
) -> None:
    parts = [some_weights(0, 1), some_weights(2)]
    inferred = build()(a_task(blobs, graphs, *parts, keep=7), context)

    values = predict(join(parts).build(torch.device("cpu")), graphs, 60)[:, 0].astype(np.float64)
    mean, spread = values.mean(axis=0), values.std(axis=0)
    best = np.argsort(-(mean + 2.0 * spread), kind="stable")[:7]
    candidates = Candidates.from_arrays(blobs.arrays(inferred.candidates), 1, 60)
    assert candidates.row.tolist() == best.tolist()
    np.testing.assert_allclose(candidates.mean, [mean[best]], rtol=1e-5)
    np.testing.assert_allclose(candidates.spread, [spread[best]], rtol=1e-5)
    np.testing.assert_allclose(candidates.score, (mean + 2.0 * spread)[best], rtol=1e-5)
    assert (inferred.generation, inferred.chunk, inferred.scored) == (3, 5, 60)
    assert inferred.mean == pytest.approx([mean.mean()], rel=1e-5)
    assert inferred.spread == pytest.approx([spread.mean()], rel=1e-4)


def test_molecules_that_are_asked_for_come_back_whatever_their_score(
    graphs: PackedGraphs, blobs: CountingBlobs, context: TaskContext
) -> None:
    task = a_task(blobs, graphs, some_weights(0, 1), keep=60)
    order = Candidates.from_arrays(
        blobs.arrays(build()(task, context).candidates), 1, 60
    ).row.tolist()
    asked = task.model_copy(update={"keep": 5, "also": (order[2], order[40], order[59])})
    found = Candidates.from_arrays(blobs.arrays(build()(asked, context).candidates), 1, 60)
    assert found.row.tolist() == [*order[:5], order[40], order[59]]


def test_a_rule_is_told_what_the_task_knows(
    graphs: PackedGraphs, blobs: CountingBlobs, context: TaskContext
) -> None:
    task = a_task(blobs, graphs, some_weights(0, 1), keep=60)
    draws = Acquisition(kind="random")
    task = task.model_copy(update={"acquisition": draws, "first": 300, "seed": 4})
    found = Candidates.from_arrays(blobs.arrays(build()(task, context).candidates), 1, 60)
    expected = [Expectation(LARGE_GAP.objective, 1.0, np.zeros(60), np.ones(60))]
    known = Known(seed=4, generation=3, molecules=range(300, 360))
    drawn = score(expected, draws, known)
    np.testing.assert_allclose(found.score, drawn[found.row], rtol=1e-6)


def test_gains_of_large_molecules_count_less_where_they_cost_more(
    graphs: PackedGraphs, blobs: CountingBlobs, context: TaskContext
) -> None:
    def scores(task: Infer) -> npt.NDArray[np.float32]:
        found = Candidates.from_arrays(blobs.arrays(build()(task, context).candidates), 1, 60)
        return found.score[np.argsort(found.row)]

    task = a_task(blobs, graphs, some_weights(0, 1), keep=60)
    gains = {"acquisition": Acquisition(kind="ei"), "front": ((12.0,),)}
    task = task.model_copy(update=gains)
    cost = Cost(log_seconds=(0.0, 2.0), log_odds_of_failure=(-50.0, 0.0))
    dearer = scores(task) - scores(task.model_copy(update={"cost": cost}))
    np.testing.assert_allclose(dearer, 2.0 * np.log(graphs.atom_counts), atol=1e-4)


def test_candidates_of_several_aims_are_ranked_by_all_and_told_output_by_output(
    graphs: PackedGraphs, blobs: CountingBlobs, context: TaskContext
) -> None:
    weights = some_weights(0, 1, outputs=(HYDROGENS, GAP))
    task = a_task(blobs, graphs, weights, keep=7, aims=(LARGE_GAP, TEN_HYDROGENS))
    inferred = build()(task, context)

    values = predict(weights.build(torch.device("cpu")), graphs, 60).astype(np.float64)
    mean, spread = values.mean(axis=0), values.std(axis=0)
    scores = mean[1] + 2.0 * spread[1] + (2.0 * spread[0] - abs(mean[0] - 10.0)) / 4.0
    best = np.argsort(-scores, kind="stable")[:7]
    candidates = Candidates.from_arrays(blobs.arrays(inferred.candidates), 2, 60)
    assert candidates.row.tolist() == best.tolist()
    np.testing.assert_allclose(candidates.score, scores[best], rtol=1e-5)
    np.testing.assert_allclose(candidates.mean, mean[:, best], rtol=1e-5)
    np.testing.assert_allclose(candidates.spread, spread[:, best], rtol=1e-5)
    assert inferred.mean == pytest.approx(mean.mean(axis=1), rel=1e-5)


def test_weights_that_predict_something_else_are_refused(
    graphs: PackedGraphs, blobs: CountingBlobs, context: TaskContext
) -> None:
    task = a_task(blobs, graphs, some_weights(0), keep=3)
    other = task.model_copy(
        update={"outputs": (HYDROGENS,), "aims": (TEN_HYDROGENS,)},
    )
    with pytest.raises(
        WrongArchitecture, match=r"homo_lumo_gap@xtb / eV, not hydrogens@count / no unit"
    ):
        build()(other, context)


def test_a_chunk_smaller_than_what_to_keep_comes_back_whole(
    graphs: PackedGraphs, blobs: CountingBlobs, context: TaskContext
) -> None:
    inferred = build()(a_task(blobs, graphs, some_weights(0), keep=1000), context)
    rows = blobs.arrays(inferred.candidates)["row"]
    assert sorted(rows.tolist()) == list(range(60))


@pytest.mark.parametrize("placement", [STORE, INLINE])
def test_the_ensemble_is_read_once_for_many_chunks_and_anew_when_it_changes(
    graphs: PackedGraphs, blobs: CountingBlobs, context: TaskContext, placement: Placement
) -> None:
    scorer = build()
    task = a_task(blobs, graphs, some_weights(0), keep=3, placement=placement)
    first = scorer(task, context)
    assert scorer(task, context) == first
    assert blobs.reads == [task.graphs, *task.weights, task.graphs]
    changed = a_task(blobs, graphs, some_weights(4), keep=3, placement=placement)
    other = scorer(changed, context)
    assert other.mean != first.mean


def test_predictions_that_are_no_numbers_name_the_members(
    graphs: PackedGraphs, blobs: CountingBlobs, context: TaskContext
) -> None:
    broken = some_weights(5, mean=3e38)
    broken.tensors["outputs.0.bias"][...] = 3e38
    with pytest.raises(NonFinitePredictions, match=r"members \[5\]") as caught:
        build()(a_task(blobs, graphs, some_weights(4), broken, keep=3), context)
    assert vars(caught.value) == {"chunk": 5, "members": [5], "molecules": 60}


def test_weights_of_unlike_networks_are_not_mixed(
    graphs: PackedGraphs, blobs: CountingBlobs, context: TaskContext
) -> None:
    task = a_task(blobs, graphs, some_weights(0), some_weights(1, width=4), keep=3)
    with pytest.raises(WrongArchitecture):
        build()(task, context)


def predicted(scorer: Scorer, task: Infer, place: int, context: TaskContext) -> Blob:
    """What the members at one place predict in advance."""
    body = Predict(
        generation=task.generation,
        chunk=task.chunk,
        outputs=task.outputs,
        graphs=task.graphs,
        weights=task.weights[place],
        batch_size=task.batch_size,
    )
    return scorer(body, context).predictions


@pytest.mark.parametrize("places", [(0,), (1,), (0, 2), (0, 1, 2)])
def test_what_was_predicted_in_advance_saves_work_and_changes_nothing(
    graphs: PackedGraphs, blobs: CountingBlobs, context: TaskContext, places: tuple[int, ...]
) -> None:
    parts = [some_weights(2, 3), some_weights(0), some_weights(4, 1)]
    task = a_task(blobs, graphs, *parts, keep=9)
    at_once = build()(task, context)
    made = {place: predicted(build(), task, place, context) for place in places}
    early = task.model_copy(update={"predicted": tuple(made.get(place) for place in range(3))})
    blobs.reads.clear()
    inferred = build()(early, context)
    rest = [weights for place, weights in enumerate(task.weights) if place not in places]
    assert blobs.reads == [task.graphs, *made.values(), *rest]
    assert inferred.mean == pytest.approx(at_once.mean, rel=1e-6)
    candidates, expected = blobs.arrays(inferred.candidates), blobs.arrays(at_once.candidates)
    assert candidates["row"].tolist() == expected["row"].tolist()
    for name in ("mean", "spread", "score"):
        np.testing.assert_allclose(candidates[name], expected[name], rtol=1e-5)
    if not torch.cuda.is_available():  # where members are computed one by one
        assert inferred == at_once


NONSENSE: dict[str, dict[str, npt.NDArray[np.generic]]] = {
    "nothing": {"nothing": np.zeros(1)},
    "no members": {"value": np.zeros((1, 60), dtype=np.float32)},
    "too few molecules": {
        "member": np.zeros(1, dtype=np.int64),
        "value": np.zeros((1, 1, 59), dtype=np.float32),
    },
    "too many outputs": {
        "member": np.zeros(1, dtype=np.int64),
        "value": np.zeros((1, 2, 60), dtype=np.float32),
    },
    "no numbers": {
        "member": np.zeros(1, dtype=np.int64),
        "value": np.full((1, 1, 60), np.nan, dtype=np.float32),
    },
}


@pytest.mark.parametrize("wrong", [*NONSENSE, "lost"])
def test_predictions_that_cannot_be_used_are_made_again(
    graphs: PackedGraphs, blobs: CountingBlobs, context: TaskContext, wrong: str
) -> None:
    task = a_task(blobs, graphs, some_weights(0), some_weights(1), keep=9)
    blob = blobs.put(NONSENSE.get(wrong, {"member": np.zeros(1)}), "safetensors", STORE)
    if wrong == "lost":
        assert isinstance(blob, ObjRef)
        blobs.evict([blob])
    early = task.model_copy(update={"predicted": (blob, None)})
    assert build()(early, context) == build()(task, context)


def test_a_group_that_predicts_no_numbers_is_told_as_when_it_scores(
    graphs: PackedGraphs, blobs: CountingBlobs, context: TaskContext
) -> None:
    broken = some_weights(5, mean=3e38)
    broken.tensors["outputs.0.bias"][...] = 3e38
    task = a_task(blobs, graphs, some_weights(4), broken, keep=3)
    with pytest.raises(NonFinitePredictions, match=r"members \[5\]"):
        predicted(build(), task, 1, context)


def test_an_empty_chunk_is_a_failure(
    graphs: PackedGraphs, blobs: CountingBlobs, context: TaskContext
) -> None:
    empty = graphs.take(np.array([], dtype=np.int64))
    with pytest.raises(UnusableGraphs):
        build()(a_task(blobs, empty, some_weights(0), keep=3), context)
