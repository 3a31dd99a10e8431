"""Surrogates on features get those of their molecules, and others get none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from support.toy_campaign import ToyCampaign, toy_plan, toy_space
from support.toy_services import toy_value_eV

from molsteer.shared.wire.arrays.features import Features
from molsteer.shared.wire.arrays.training_set import LabelledGraphs
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.learning import Infer, Predict, Train
from molsteer.shared.wire.messages import Result, Task
from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.space.errors import DamagedSpace
from molsteer.steering.space.features.adding_features import add_features
from molsteer.steering.space.features.featurizing import featurize_smiles
from molsteer.steering.space.search_space import SearchSpace

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    folder = toy_space(tmp_path_factory.mktemp("space")).folder
    add_features(folder, processes=1)
    return SearchSpace.open(folder)


@dataclass
class Watched(ToyCampaign):
    """A toy campaign that keeps what its workers get."""

    bodies: list[Train | Predict | Infer] = field(default_factory=list)
    labelled: list[LabelledGraphs] = field(default_factory=list)
    of_chunks: dict[int, list[Features]] = field(default_factory=dict)

    def _result(self, task: Task) -> Result:
        match task.body:
            case Train() as body:
                self.bodies.append(body)
                arrays = self.blobs.arrays(body.training_set)
                self.labelled.append(LabelledGraphs.from_arrays(arrays, len(body.outputs)))
            case Predict() | Infer() as body:
                self.bodies.append(body)
                if body.features is not None:
                    features = Features.from_arrays(self.blobs.arrays(body.features))
                    self.of_chunks.setdefault(body.chunk, []).append(features)
        return super()._result(task)


def same(one: Features | None, smiles: Iterable[str]) -> None:
    assert one is not None
    expected = featurize_smiles(list(smiles)).to_arrays()
    for name, array in one.to_arrays().items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


def known_label(smiles: str) -> KnownLabel:
    value_eV = toy_value_eV(smiles)
    return KnownLabel(smiles, value_eV, level="xtb", property=ADIABATIC_IP, unit="eV")


def test_a_surrogate_on_features_gets_those_of_its_labels_and_of_each_chunk(
    space: SearchSpace, tmp_path: Path
) -> None:
    known = ["c1ccccc1", space.smiles(17), "CCCCCCCCCCCCCCO", space.smiles(3)]
    surrogates = ("graphs", "gp")
    toy = Watched(
        tmp_path,
        space,
        toy_plan(space, known_labels=4, surrogates=surrogates),
        known=[known_label(smiles) for smiles in known],
        aims={"train": {"surrogate": surrogates}},
    )
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"
    found = campaign.ledger.connection.execute(
        "SELECT smiles FROM label JOIN result USING (number) WHERE property = ? ORDER BY number",
        (ADIABATIC_IP,),
    )
    results = [smiles for (smiles,) in found]
    for labelled in toy.labelled:
        same(labelled.features, [*known, *results[: len(labelled) - len(known)]])
    assert max(map(len, toy.labelled)) > len(known)
    scored = [body for body in toy.bodies if isinstance(body, Infer)]
    assert len({body.chunk for body in scored}) > 1
    assert all(body.features is not None for body in scored)
    for chunk, several in toy.of_chunks.items():
        first = chunk * space.chunk_size
        names = [space.smiles(first + row) for row in range(space.chunks[chunk].molecules)]
        for features in several:
            same(features, names)


def test_graph_networks_get_no_features(space: SearchSpace, tmp_path: Path) -> None:
    toy = Watched(tmp_path, space, toy_plan(space))
    toy.run_to_the_end(toy.steering())
    assert toy.labelled
    assert all(labelled.features is None for labelled in toy.labelled)
    assert not toy.of_chunks


def test_early_predictions_get_features_for_those_who_read_them(
    space: SearchSpace, tmp_path: Path
) -> None:
    surrogates = ("graphs", "trees")
    toy = Watched(
        tmp_path,
        space,
        toy_plan(space, slots_train=4, slots_infer=2, predict_early=True, surrogates=surrogates),
        trainings_at_once=1,
        aims={"train": {"surrogate": surrogates}},
    )
    toy.run_to_the_end(toy.steering())
    asked = [body for body in toy.bodies if isinstance(body, Predict)]
    assert {body.surrogate for body in asked} == {"graphs", "trees"}
    for body in asked:
        assert (body.features is not None) == (body.surrogate == "trees")


def test_features_that_vanish_during_a_campaign_are_named(tmp_path: Path) -> None:
    folder = toy_space(tmp_path).folder
    add_features(folder, processes=1)
    space = SearchSpace.open(folder)
    toy = Watched(
        tmp_path / "run",
        space,
        toy_plan(space, surrogates=("gp",)),
        aims={"train": {"surrogate": "gp"}},
    )
    toy.folder.mkdir()
    campaign = toy.steering()
    for chunk in space.feature_chunks:
        chunk.path.unlink()
    with pytest.raises(DamagedSpace, match=r"features of its chunk .* molsteer space features"):
        toy.run_to_the_end(campaign)


def test_what_was_known_is_featurised_before_anybody_waits_for_it(
    space: SearchSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = ["c1ccccc1", "CCCCCCCCCCCCCCO"]
    toy = Watched(
        tmp_path,
        space,
        toy_plan(space, budget=10, known_labels=2, surrogates=("gp",)),
        known=[known_label(smiles) for smiles in known],
        aims={"train": {"surrogate": "gp"}},
    )
    campaign = toy.steering()
    campaign.dispatching.prepare()

    def refuse(*_: object) -> None:
        raise AssertionError("the loop featurises molecules")

    monkeypatch.setattr("molsteer.steering.space.featurize.featurize", refuse)
    monkeypatch.setattr("molsteer.steering.space.features.featurizing.featurize_smiles", refuse)
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"
    assert toy.labelled
