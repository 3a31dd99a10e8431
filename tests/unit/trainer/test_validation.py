from __future__ import annotations

import numpy as np
import pytest
import torch
from support.molecules import some_molecules

from molsteer.shared.ml.network import Ensemble
from molsteer.shared.wire.ensemble import Architecture
from molsteer.trainer.bootstrap import Bootstrap
from molsteer.trainer.labelled import LabelledMolecules
from molsteer.trainer.validation import Validation

pytestmark = pytest.mark.fast


NONE = float("nan")


def members_that_say(*values: float | tuple[float, ...]) -> Ensemble:
    said = torch.tensor([value if isinstance(value, tuple) else (value,) for value in values])
    ensemble = Ensemble(Architecture(width=2, layers=1, outputs=said.shape[1]), len(values))
    ensemble.label_mean.copy_(said)
    return ensemble


def a_validation(held_out: list[list[bool]], *value: list[float]) -> Validation:
    graphs = some_molecules(len(value[0]))
    outside = np.array(held_out)
    data = LabelledMolecules(graphs, np.array(value))
    ensemble = members_that_say(0.0)
    return Validation.of(ensemble, data, Bootstrap((~outside).astype(np.float32), outside))


def test_a_member_is_judged_by_what_was_held_out_of_it_alone() -> None:
    validation = a_validation([[True, True, False], [False, True, False]], [13.0, 14.0, 99.0])
    of_members, _ = validation.errors(members_that_say(13.0, 14.5))
    assert of_members.flatten().tolist() == pytest.approx([0.5, 0.5])


def test_the_ensemble_is_judged_by_the_mean_of_those_who_did_not_learn_a_molecule() -> None:
    validation = a_validation([[True, True, False], [False, True, False]], [13.0, 14.0, 99.0])
    # The first molecule is judged by 13.0 alone, the second by 13.5, the third by nobody.
    _, of_their_mean = validation.errors(members_that_say(13.0, 14.0))
    assert of_their_mean.tolist() == pytest.approx([0.25])


def test_each_output_is_judged_by_its_own_labels_and_one_without_by_nothing() -> None:
    validation = a_validation(
        [[True, True, False], [False, True, True]],
        [13.0, NONE, 14.0],
        [NONE, 200.0, 300.0],
        [NONE, NONE, NONE],
    )
    says = members_that_say((12.0, 210.0, 0.0), (14.5, 210.0, 0.0))
    of_members, of_their_mean = validation.errors(says)
    np.testing.assert_allclose(of_members, [[1.0, 10.0, np.nan], [0.5, 50.0, np.nan]])
    np.testing.assert_allclose(of_their_mean, [0.75, 50.0, np.nan])
    says.label_spread.copy_(torch.tensor([[2.0, 40.0, 0.0], [1.0, 0.0, 0.0]]))
    # 1 of 2 and 10 of 40; 0.5 of 1, and 50 where the member has no spread to measure by.
    assert validation.relative_errors(says).tolist() == pytest.approx([0.375, 25.25])


def test_a_member_that_learned_from_all_labels_is_judged_by_all() -> None:
    validation = a_validation([[False, False, True], [True, False, True]], [13.0, 14.0, NONE])
    of_members, _ = validation.errors(members_that_say(12.0, 12.0))
    assert of_members.flatten().tolist() == [1.5, 1.0]


def test_of_a_large_training_set_a_part_spread_evenly_judges() -> None:
    few = some_molecules(10)
    rows = np.arange(20_000) % 10
    everywhere, seldom = np.arange(20_000.0), np.full(20_000, np.nan)
    seldom[[7, 9_001]] = 1.0
    data = LabelledMolecules(few.take(rows), np.stack([everywhere, seldom]))
    everything = Bootstrap(np.zeros((1, 20_000), np.float32), np.ones((1, 20_000), np.bool_))
    judges, rare = Validation.of(members_that_say(0.0), data, everything).value
    assert np.nansum(rare) == 2  # all there are
    judges = judges[np.isnan(rare)]
    assert len(judges) == 4096
    assert judges[[0, -1]].tolist() == [0.0, 19_999.0]
    assert set(np.diff(judges).tolist()) == {4.0, 5.0}
