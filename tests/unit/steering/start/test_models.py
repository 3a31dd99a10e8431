"""Models that were trained before: what is taken, what is refused, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from safetensors.numpy import load_file, save_file
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.shared.wire.ensemble import Architecture, Manifest
from molsteer.shared.wire.learning import Infer, Train
from molsteer.shared.wire.messages import Task
from molsteer.shared.wire.properties import Output
from molsteer.steering.errors import UnusableModels
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.start.model_files import Weights
from molsteer.steering.start.models import read_given, sized

pytestmark = pytest.mark.fast


IONIZATION = Output(name="adiabatic_ionization_potential", level="xtb", unit="eV")
GAP = Output(name="homo_lumo_gap", level="xtb", unit="eV")


def weights(
    *values: float, width: int = 48, outputs: tuple[Output, ...] = (IONIZATION,)
) -> Weights:
    """Members whose only tensor holds a value that tells them apart."""
    members = tuple(range(3, 3 + len(values)))
    manifest = Manifest(
        architecture=Architecture(width=width, layers=3, outputs=len(outputs)),
        outputs=outputs,
        members=members,
        generation=1,
        seed=0,
    )
    return Weights(manifest, {"weights": np.array(values, dtype=np.float32)})


def given(*files: Path, **train: object) -> CampaignSettings:
    settings = {"campaign": {"space": "a.smi"}, "train": {"models": files, **train}}
    return CampaignSettings.model_validate(settings)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, *values: float, **of: Any) -> Path:
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(weights(*values, **of).to_bytes())
        return path

    return write


def values(found: Weights | None) -> list[float]:
    assert found is not None
    return found.tensors["weights"].tolist()


def test_members_of_several_files_are_one_ensemble_in_their_order(write) -> None:
    settings = given(write("a", 5, 6), write("b", 7))
    found = read_given(settings)
    assert values(found) == [5, 6, 7]
    assert found.manifest.members == (0, 1, 2)
    assert sized(settings, found).train.members == 3


@pytest.mark.parametrize(("members", "count"), [(None, 8), (3, 3), (1, 1)])
def test_a_single_member_stands_for_all(write, members: int | None, count: int) -> None:
    assert values(read_given(given(write("a", 5), members=members))) == [5] * count


def test_without_models_there_are_eight_members_or_as_many_as_wanted() -> None:
    assert sized(given(), read_given(given())).train.members == 8
    assert sized(given(members=5), read_given(given(members=5))).train.members == 5


def test_an_ensemble_of_another_size_is_refused(write) -> None:
    with pytest.raises(UnusableModels, match=r"have 3 members together, and train.members is 4"):
        read_given(given(write("a", 5, 6), write("b", 7), members=4))


def test_another_architecture_is_refused_with_every_difference(write) -> None:
    with pytest.raises(UnusableModels, match=r"width is 16, not 48; layers is 3, not 2"):
        read_given(given(write("a", 5, width=16), layers=2))


def test_models_that_predict_something_else_are_refused_with_both_named(write) -> None:
    file = write("a", 5, outputs=(GAP,))
    with pytest.raises(
        UnusableModels,
        match=r"predict homo_lumo_gap@xtb / eV, not adiabatic_ionization_potential@xtb / eV\. "
        r"Choose objectives and levels",
    ):
        read_given(given(file))


def test_models_of_two_objectives_begin_a_campaign_of_both(write) -> None:
    objectives = [{"property": IONIZATION.name}, {"property": GAP.name, "goal": "minimise"}]
    settings = CampaignSettings.model_validate(
        {
            "campaign": {"space": "a.smi"},
            "train": {"models": [write("a", 5, outputs=(IONIZATION, GAP))]},
            "objective": objectives,
        }
    )
    found = read_given(settings)
    assert found is not None
    assert found.manifest.outputs == settings.outputs == (IONIZATION, GAP)


def keras(path: Path) -> None:
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 100)


def truncated(path: Path) -> None:
    path.write_bytes(weights(1).to_bytes()[:-40])


def without_manifest(path: Path) -> None:
    save_file({"weights": np.zeros((1, 4), dtype=np.float32)}, path)


def of_an_earlier_molsteer(path: Path) -> None:
    manifest = {"format": "molsteer-ensemble", "version": 1, "members": [0]}
    text = np.frombuffer(json.dumps(manifest).encode(), dtype=np.uint8)
    save_file({"manifest": text}, path)


def of_other_members(path: Path) -> None:
    path.write_bytes(weights(1).to_bytes())
    save_file({**load_file(path), "weights": np.zeros((2, 4), dtype=np.float32)}, path)


def not_finite(path: Path) -> None:
    path.write_bytes(weights(float("nan")).to_bytes())


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda _path: None, r"cannot be read: No such file or directory. Check the path."),
        (Path.mkdir, r"cannot be read: Is a directory"),
        (keras, r"Keras models cannot be read. Give the labels .* with --training-set"),
        (truncated, r"not a complete safetensors file"),
        (lambda path: path.write_text("PK"), r"not a complete safetensors file"),
        (without_manifest, r"no weights of the built-in network: they come without a manifest"),
        (of_an_earlier_molsteer, r"in format 1 .* reads format 2\. Train again with this version"),
        (of_other_members, r"damaged: its numbers do not fit its manifest"),
        (not_finite, r"damaged: its numbers do not fit its manifest"),
    ],
)
def test_what_is_no_model_is_refused_by_name(
    tmp_path: Path, spoil: Callable[[Path], object], complaint: str
) -> None:
    path = tmp_path / "model"
    spoil(path)
    with pytest.raises(UnusableModels, match=rf"{path}: .*{complaint}"):
        read_given(given(path))


def test_all_problems_are_named_at_once(write, tmp_path: Path) -> None:
    with pytest.raises(UnusableModels) as raised:
        read_given(given(tmp_path / "a.h5", write("b", 5, width=16), write("c", 5)))
    assert len(raised.value.problems) == 2


def test_models_of_the_network_do_not_go_with_another_trainer(write) -> None:
    with pytest.raises(ValidationError, match=r"train.models are of .* train.handler bring"):
        given(write("a", 5), handler="other:trainer")


def test_a_campaign_ranks_with_them_at_once_and_trains_on_from_them(tmp_path: Path) -> None:
    space = toy_space(tmp_path)
    (tmp_path / "run").mkdir()
    toy = ToyCampaign(tmp_path / "run", space, toy_plan(space, pretrained=True))
    toy.given = weights(1, 1, 1, 1)
    tasks: list[Task] = []
    toy.fails = tasks.append  # type: ignore[assignment]  # it answers that nothing fails
    campaign = toy.steering()
    campaign.ledger.close()
    toy.run_to_the_end(toy.steering())  # goes on with what it was given

    ranking = [task.body for task in tasks if isinstance(task.body, Infer)]
    training = [task.body for task in tasks if isinstance(task.body, Train)]
    assert isinstance(tasks[0].body, Infer)
    assert [body.generation for body in ranking][: len(space.chunks)] == [1] * len(space.chunks)
    assert training[0].generation == 2
    (blob,) = training[0].warm_start or ()
    assert blob.size_bytes == len(toy.given.to_bytes())
    with closing(toy.open_ledger()) as ledger:
        rows = ledger.connection.execute("SELECT min(generation) FROM result").fetchall()
    assert [tuple(row) for row in rows] == [(1,)]
