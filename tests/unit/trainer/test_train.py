from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from support.molecules import additive_value, some_molecules
from torch import Tensor
from torch.optim.optimizer import Optimizer, register_optimizer_step_pre_hook

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.ml.errors import UnusableGraphs, UnusableWeights, WrongArchitecture
from molsteer.shared.ml.predicting import predict
from molsteer.shared.ml.weights import EnsembleWeights
from molsteer.shared.wire.blob import Blob, Placement
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.shared.wire.learning import Train, Trained, TrainedMember
from molsteer.shared.wire.properties import Output
from molsteer.shared.wire.specs import TrainingPlan
from molsteer.shared.worker.port import TaskContext
from molsteer.trainer.app import build
from molsteer.trainer.errors import Diverged, UnusableLabels

pytestmark = pytest.mark.fast

GAP = Output(name="homo_lumo_gap", level="xtb", unit="eV")
STORE = Placement(store="redis")
SMALL = TrainingPlan(width=16, layers=2, epochs=8, batch_size=16, learning_rate=3e-3)


@pytest.fixture(scope="session")
def molecules() -> PackedGraphs:
    return some_molecules(400)


@pytest.fixture
def context(tmp_path: Path) -> TaskContext:
    return TaskContext(blobs=MemoryBlobs(), reply=STORE, scratch=tmp_path, remaining_s=600.0)


def train(
    context: TaskContext,
    graphs: PackedGraphs,
    value: npt.NDArray[np.generic] | None = None,
    plan: TrainingPlan = SMALL,
    members: tuple[int, ...] = (0, 1),
    seed: int = 5,
    warm_start: tuple[Blob, ...] | None = None,
    outputs: tuple[Output, ...] = (GAP,),
) -> Trained:
    labels = additive_value(graphs).astype(np.float32) if value is None else value
    arrays: Mapping[str, npt.NDArray[np.generic]] = {
        **graphs.to_arrays(),
        "value": np.atleast_2d(labels),
    }
    training_set = context.blobs.put(arrays, "safetensors", STORE)
    return build()(
        Train(
            generation=1,
            members=members,
            seed=seed,
            plan=plan,
            outputs=outputs,
            training_set=training_set,
            warm_start=warm_start,
        ),
        context,
    )


def predictions(
    context: TaskContext, trained: Trained, graphs: PackedGraphs
) -> npt.NDArray[np.float32]:
    weights = EnsembleWeights.from_arrays(context.blobs.arrays(trained.weights))
    return predict(weights.build(torch.device("cpu")), graphs, 256)


def error_of(trained: Trained | TrainedMember) -> float:
    """The error of the only output."""
    (error,) = trained.validation_mae
    assert error is not None
    return error


def test_what_can_be_learned_is_learned(context: TaskContext, molecules: PackedGraphs) -> None:
    plan = TrainingPlan(width=32, layers=2, epochs=30, batch_size=16, learning_rate=3e-3)
    seen, unseen = molecules.take(np.arange(200)), molecules.take(np.arange(200, 400))
    trained = train(context, seen, plan=plan, members=(0, 1, 2, 3))

    truth = additive_value(unseen)
    error = np.abs(predictions(context, trained, unseen)[:, 0].mean(axis=0) - truth).mean()
    spread = np.abs(truth - truth.mean()).mean()
    assert error < 0.25 * spread
    assert error_of(trained) == pytest.approx(error, rel=0.5)
    assert error_of(trained) < max(map(error_of, trained.members))


def test_the_same_task_gives_the_same_weights(
    context: TaskContext, molecules: PackedGraphs
) -> None:
    graphs = molecules.take(np.arange(50))
    first, second = train(context, graphs), train(context, graphs)
    assert first == second
    assert train(context, graphs, seed=6).weights != first.weights


def test_a_member_becomes_the_same_in_any_company(
    context: TaskContext, molecules: PackedGraphs
) -> None:
    graphs = molecules.take(np.arange(50))
    company = predictions(context, train(context, graphs, members=(1, 2, 3)), graphs)
    alone = predictions(context, train(context, graphs, members=(3,)), graphs)
    np.testing.assert_allclose(company[2], alone[0], atol=1e-2)
    assert np.abs(company[0] - company[2]).max() > 0.05


def test_steps_are_bounded_for_each_member_and_become_small(
    context: TaskContext, molecules: PackedGraphs
) -> None:
    norms, rates = list[Tensor](), list[float]()

    def observe(optimizer: Optimizer, *_: object) -> None:
        (group,) = optimizer.param_groups
        squares = [tensor.grad.square().sum(dim=(1, 2)) for tensor in group["params"]]
        norms.append(torch.stack(squares).sum(dim=0).sqrt())
        rates.append(group["lr"])

    hook = register_optimizer_step_pre_hook(observe)
    try:
        train(context, molecules.take(np.arange(50)))
    finally:
        hook.remove()

    longest = torch.stack(norms).amax(dim=0)  # of each of the two members
    torch.testing.assert_close(longest, torch.ones(2))
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == SMALL.learning_rate
    assert rates[-1] < 0.05 * SMALL.learning_rate


def test_a_warm_start_is_never_worse_than_what_it_began_with(
    context: TaskContext, molecules: PackedGraphs
) -> None:
    graphs = molecules.take(np.arange(100))
    early = train(context, graphs, members=(0, 1))
    other = train(context, graphs, members=(2,))
    brief = SMALL.model_copy(update={"epochs": 1})
    warm = train(
        context, graphs, plan=brief, members=(2, 0), warm_start=(early.weights, other.weights)
    )
    scratch = train(context, graphs, plan=brief, members=(2, 0))
    before = [other.members[0], early.members[0]]
    for now, then, cold in zip(warm.members, before, scratch.members, strict=True):
        assert error_of(now) <= error_of(then) + 1e-5
        assert error_of(now) < error_of(cold)


def test_members_that_go_on_and_learn_nothing_stop_in_half_the_time(
    context: TaskContext, molecules: PackedGraphs
) -> None:
    graphs = molecules.take(np.arange(50))
    idle = SMALL.model_copy(update={"patience": 5, "learning_rate": 1e-12})
    new = train(context, graphs, plan=idle)
    gone_on = train(context, graphs, plan=idle, warm_start=(new.weights,))
    assert [member.epochs for member in (*new.members, *gone_on.members)] == [5, 5, 3, 3]


def test_a_warm_start_from_another_network_is_refused(
    context: TaskContext, molecules: PackedGraphs
) -> None:
    graphs = molecules.take(np.arange(20))
    early = train(context, graphs)
    wider = SMALL.model_copy(update={"width": 24})
    with pytest.raises(WrongArchitecture, match="width is 16, not 24"):
        train(context, graphs, plan=wider, warm_start=(early.weights,))
    other = GAP.model_copy(update={"unit": "kcal/mol"})
    with pytest.raises(WrongArchitecture, match=r"homo_lumo_gap@xtb / eV, not .* / kcal/mol"):
        train(context, graphs, outputs=(other,), warm_start=(early.weights,))
    with pytest.raises(UnusableWeights, match=r"not \[9\]"):
        train(context, graphs, members=(9,), warm_start=(early.weights,))


@pytest.mark.parametrize("limit", ["of the plan", "of the task"])
def test_at_the_deadline_the_best_weights_so_far_come_back(
    tmp_path: Path, molecules: PackedGraphs, limit: str
) -> None:
    graphs = molecules.take(np.arange(100))
    endless = SMALL.model_copy(update={"epochs": 100_000, "patience": 100_000})
    short = {"deadline_s": 0.5} if limit == "of the plan" else {}
    remaining_s = 600.0 if limit == "of the plan" else 0.5
    context = TaskContext(MemoryBlobs(), STORE, tmp_path, remaining_s)
    trained = train(context, graphs, plan=endless.model_copy(update=short))
    assert {member.stopped for member in trained.members} == {"deadline"}
    assert error_of(trained) < np.abs(additive_value(graphs) - 12.0).mean()


def test_members_stop_when_they_improve_no_more(
    context: TaskContext, molecules: PackedGraphs
) -> None:
    graphs = molecules.take(np.arange(40))
    noise = (13.0 + np.random.default_rng(0).normal(size=40)).astype(np.float32)
    patient = SMALL.model_copy(update={"epochs": 200, "patience": 3})
    trained = train(context, graphs, noise, plan=patient)
    assert {member.stopped for member in trained.members} == {"converged"}
    assert max(member.epochs for member in trained.members) < 200


@pytest.mark.parametrize("count", [1, 2, 8])
def test_a_handful_of_labels_is_enough_to_train(
    context: TaskContext, molecules: PackedGraphs, count: int
) -> None:
    graphs = molecules.take(np.arange(count))
    trained = train(context, graphs, members=tuple(range(8)))
    assert np.isfinite(predictions(context, trained, molecules)).all()
    assert np.isfinite(error_of(trained))


def test_equal_labels_are_learned_as_they_are(
    context: TaskContext, molecules: PackedGraphs
) -> None:
    graphs = molecules.take(np.arange(30))
    trained = train(context, graphs, np.full(30, 13.5, dtype=np.float32))
    assert error_of(trained) == 0
    assert (predictions(context, trained, molecules) == 13.5).all()
    warm = train(context, graphs, warm_start=(trained.weights,))
    assert error_of(warm) < np.abs(additive_value(graphs) - 13.5).mean()


def test_training_that_ends_in_no_numbers_is_a_failure(
    context: TaskContext, molecules: PackedGraphs
) -> None:
    wild = SMALL.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(Diverged, match=r"Lower train\.learning_rate") as caught:
        train(context, molecules.take(np.arange(30)), plan=wild)
    assert vars(caught.value) == {"members": [0, 1], "learning_rate": 1e30}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.array([13.0, np.nan, np.inf], dtype=np.float32), r"rows \[2\] are not finite"),
        (np.array([13.0, np.nan, 11.0], dtype=np.float32), r"of rows \[1\] have no label"),
        (np.array([13.0, 12.0], dtype=np.float32), r"3 molecules .* of shape \(1, 2\)"),
        (np.ones((2, 3), dtype=np.float32), r"1 outputs of 3 molecules .* of shape \(2, 3\)"),
        (np.array([13, 12, 11]), "of type int64"),
    ],
)
def test_labels_that_do_not_fit_are_refused(
    context: TaskContext, molecules: PackedGraphs, value: npt.NDArray[np.generic], message: str
) -> None:
    with pytest.raises(UnusableLabels, match=message):
        train(context, molecules.take(np.arange(3)), value)


def test_a_training_set_without_molecules_is_refused(
    context: TaskContext, molecules: PackedGraphs
) -> None:
    with pytest.raises(UnusableGraphs):
        train(context, molecules.take(np.array([], dtype=np.int64)))
