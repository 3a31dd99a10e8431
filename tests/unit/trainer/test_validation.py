from __future__ import annotations

import numpy as np
import pytest
from support.molecules import some_molecules

from molsteer.shared.ml.network import Ensemble
from molsteer.shared.wire.ensemble import Architecture
from molsteer.trainer.bootstrap import Bootstrap
from molsteer.trainer.labelled import LabelledMolecules
from molsteer.trainer.validation import Validation

pytestmark = pytest.mark.fast


def members_that_say(*values_eV: float) -> Ensemble:
    ensemble = Ensemble(Architecture(width=2, layers=1), len(values_eV))
    for member, value_eV in enumerate(values_eV):
        ensemble.label_mean[member] = value_eV
    return ensemble


def a_validation(held_out: list[list[bool]], value_eV: list[float]) -> Validation:
    graphs = some_molecules(len(value_eV))
    outside = np.array(held_out)
    data = LabelledMolecules(graphs, np.array(value_eV))
    return Validation.of(data, Bootstrap((~outside).astype(np.float32), outside))


def test_a_member_is_judged_by_what_was_held_out_of_it_alone() -> None:
    validation = a_validation([[True, True, False], [False, True, False]], [13.0, 14.0, 99.0])
    errors_eV = validation.member_errors(members_that_say(13.0, 14.5))
    assert errors_eV.tolist() == pytest.approx([0.5, 0.5])


def test_the_ensemble_is_judged_by_the_mean_of_those_who_did_not_learn_a_molecule() -> None:
    validation = a_validation([[True, True, False], [False, True, False]], [13.0, 14.0, 99.0])
    # The first molecule is judged by 13.0 alone, the second by 13.5, the third by nobody.
    assert validation.joint_error(members_that_say(13.0, 14.0)) == pytest.approx(0.25)


def test_of_a_large_training_set_a_part_spread_evenly_judges() -> None:
    few = some_molecules(10)
    rows = np.arange(20_000) % 10
    data = LabelledMolecules(few.take(rows), np.arange(20_000, dtype=np.float64))
    everything = Bootstrap(np.zeros((1, 20_000), np.float32), np.ones((1, 20_000), np.bool_))
    judges = Validation.of(data, everything).value_eV
    assert len(judges) == 4096
    assert judges[[0, -1]].tolist() == [0.0, 19_999.0]
    assert set(np.diff(judges).tolist()) == {4.0, 5.0}
