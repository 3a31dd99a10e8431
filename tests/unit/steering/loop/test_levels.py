"""Campaigns of two levels and two objectives, whose best molecules climb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from support.toy_campaign import ToyCampaign, toy_plan, toy_space
from support.toy_services import ABOVE, VERTICAL_IP, toy_value, toy_value_eV

from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.learning import Infer
from molsteer.shared.wire.messages import ErrorRecord, Result, Simulate, Task
from molsteer.steering.policy.plan import Plan, Rung
from molsteer.steering.records.documents.record_files import read_record
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.verification.verify import verify

pytestmark = pytest.mark.fast

BUDGET, SHARE = 48, 0.25
AIMS: Mapping[str, object] = {
    "level": [{"name": "xtb"}, {"name": "dear", "method": "toy", "share": SHARE}],
    "objective": [
        {"property": ADIABATIC_IP, "level": "dear", "hit_above": 14.0},
        {"property": "letters", "level": "dear", "unit": "1", "goal": "minimise"},
    ],
}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


def plan_of(space: SearchSpace) -> Plan:
    return toy_plan(space, budget=BUDGET, level="xtb", rungs=(Rung("dear", SHARE),))


@dataclass
class Watched(ToyCampaign):
    """A campaign of which is kept what its workers were asked."""

    asked: list[Simulate | Infer] = field(default_factory=list)

    def _result(self, task: Task) -> Result:
        if isinstance(task.body, Simulate | Infer):
            self.asked.append(task.body)
        return super()._result(task)


def rows(toy: ToyCampaign, query: str, *given: object) -> Sequence[tuple[object, ...]]:
    with closing(toy.open_ledger()) as ledger:
        return [tuple(row) for row in ledger.connection.execute(query, given)]


@pytest.fixture(scope="module")
def ended(space: SearchSpace, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    toy = Watched(tmp_path_factory.mktemp("run"), space, plan_of(space), aims=AIMS)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"
    campaign.dispatching.retire()
    campaign.ledger.close()
    return toy


def test_it_ends_whole_with_each_level_at_its_budget(ended: Watched) -> None:
    verdict = verify(ended.folder)
    assert verdict.broken == ()
    assert verdict.results == BUDGET + SHARE * BUDGET
    assert dict(rows(ended, "SELECT level, count(*) FROM result GROUP BY level")) == {
        "xtb": BUDGET,
        "dear": SHARE * BUDGET,
    }


def test_a_molecule_that_climbed_has_labels_and_records_at_both_levels(ended: Watched) -> None:
    climbed = rows(ended, "SELECT molecule, smiles FROM result WHERE level = 'dear'")
    for molecule, smiles in climbed:
        labels = rows(
            ended,
            "SELECT property, level, value, unit FROM label WHERE molecule = ? AND property <> ?",
            molecule,
            VERTICAL_IP,
        )
        assert set(labels) == {
            (ADIABATIC_IP, "xtb", toy_value_eV(str(smiles)), "eV"),
            (ADIABATIC_IP, "dear", toy_value_eV(str(smiles)) + ABOVE, "eV"),
            ("letters", "dear", toy_value(str(smiles), "letters", "dear"), "1"),
        }
        for level in ("xtb", "dear"):
            query = "SELECT record FROM result WHERE molecule = ? AND level = ?"
            ((record,),) = rows(ended, query, molecule, level)
            assert read_record(ended.folder / str(record))


def test_those_that_climbed_are_the_best_of_the_level_below(ended: Watched) -> None:
    found = rows(
        ended,
        "SELECT value, molecule IN (SELECT molecule FROM result WHERE level = 'dear') FROM label"
        " WHERE level = 'xtb' AND property = ? ORDER BY number",
        ADIABATIC_IP,
    )
    climbed = [float(str(value)) for value, did in found if did]
    left = [float(str(value)) for value, did in found if not did]
    # The first ones climb while little is known; the last ones when everything is.
    assert np.median(climbed) > np.median(left)
    assert max(climbed) == max(climbed + left)


@pytest.mark.parametrize("promotion", ["share", "price"])
def test_those_climb_that_another_property_of_the_level_below_speaks_for(
    space: SearchSpace, tmp_path: Path, promotion: Literal["share", "price"]
) -> None:
    first = {"indicator": "letters", "indicator_unit": "1", "indicator_falls": True}
    aims = {
        "level": [
            {"name": "counted", "method": "toy", **first},
            {"name": "dear", "method": "toy", "share": SHARE},
        ],
        "objective": [{"property": ADIABATIC_IP, "level": "dear", "hit_above": 14.0}],
        "policy": {"promotion": promotion},
    }
    plan = replace(plan_of(space), level="counted", promotion=promotion)
    toy = Watched(tmp_path, space, plan, aims=aims)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"
    campaign.dispatching.retire()
    campaign.ledger.close()
    asked = {body.level.name: body.wanted for body in toy.asked if isinstance(body, Simulate)}
    assert asked == {"counted": {"letters": "1"}, "dear": {ADIABATIC_IP: "eV"}}
    found = rows(
        toy,
        "SELECT value, molecule IN (SELECT molecule FROM result WHERE level = 'dear') FROM label"
        " WHERE level = 'counted'",
    )
    climbed = [float(str(value)) for value, did in found if did]
    left = [float(str(value)) for value, did in found if not did]
    assert np.median(climbed) < np.median(left)
    assert min(climbed) == min(climbed + left)


def test_a_level_is_asked_for_what_is_learned_of_it_in_its_unit(ended: Watched) -> None:
    wanted = {
        (body.level.name, body.level.spec.method, *sorted(body.wanted.items()))
        for body in ended.asked
        if isinstance(body, Simulate)
    }
    assert wanted == {
        ("xtb", "xtb", (ADIABATIC_IP, "eV")),
        ("dear", "toy", (ADIABATIC_IP, "eV"), ("letters", "1")),
    }


def test_models_learn_every_output_from_whatever_labels_there_are(ended: Watched) -> None:
    outputs = [output.key for output in ended.settings.outputs]
    assert outputs[:2] == [f"{ADIABATIC_IP}@dear", "letters@dear"]
    assert f"{ADIABATIC_IP}@xtb" in outputs
    *_, last = (np.array(values) for values in ended.training_sets)
    known = dict(zip(outputs, ~np.isnan(last), strict=True))
    assert known[f"{ADIABATIC_IP}@xtb"].all(), "every molecule was simulated at the first level"
    assert known["letters@dear"].any()
    assert not known["letters@dear"].all()
    assert (known["letters@dear"] == known[f"{ADIABATIC_IP}@dear"]).all()


def test_all_chunks_of_an_update_are_scored_by_the_same_scales(ended: Watched) -> None:
    by_generation: dict[int, set[tuple[float, ...]]] = {}
    for body in ended.asked:
        if isinstance(body, Infer):
            scales = tuple(aim.scale for aim in body.aims)
            by_generation.setdefault(body.generation, set()).add(scales)
    assert len(by_generation) > 1
    assert all(len(scales) == 1 for scales in by_generation.values())
    (last,) = by_generation[max(by_generation)]
    assert last[0] != last[1]


def test_all_chunks_of_an_update_are_told_the_same_to_improve_on(ended: Watched) -> None:
    bodies = [body for body in ended.asked if isinstance(body, Infer)]
    fronts = {(body.generation, body.front) for body in bodies}
    assert len(fronts) == len({body.generation for body in bodies})
    last = max(bodies, key=lambda body: body.generation)
    assert last.front
    assert all(len(point) == len(last.aims) for point in last.front)
    assert {body.seed for body in bodies} == {ended.settings.campaign.seed}
    assert all(body.first == body.chunk * ended.space.chunk_size for body in bodies)


def test_a_molecule_that_fails_at_the_second_level_keeps_its_label_and_another_climbs(
    space: SearchSpace, tmp_path: Path
) -> None:
    def no_fluorine(task: Task) -> ErrorRecord | None:
        body = task.body
        if isinstance(body, Simulate) and body.level.name == "dear" and "F" in body.smiles:
            return ErrorRecord(code="scf-failed", message="No density.", retryable=False)
        return None

    toy = ToyCampaign(tmp_path, space, plan_of(space), aims=AIMS, fails=no_fluorine)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    campaign.dispatching.retire()
    campaign.ledger.close()
    assert verify(tmp_path).broken == ()
    climbed = rows(toy, "SELECT smiles FROM result WHERE level = 'dear'")
    assert len(climbed) == SHARE * BUDGET
    assert not any("F" in str(smiles) for (smiles,) in climbed)
    assert rows(toy, "SELECT 1 FROM result WHERE level = 'xtb' AND smiles LIKE '%F%'")


LIMITED: Mapping[str, object] = {
    "level": AIMS["level"],
    "objective": [
        {"property": ADIABATIC_IP, "level": "dear", "hit_above": 13.0},
        {"property": "homo_lumo_gap", "level": "xtb", "goal": "limit", "limit_below": 9},
    ],
}


def test_what_breaks_a_limit_does_not_climb_and_models_are_told_of_it(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy = Watched(tmp_path, space, plan_of(space), aims=LIMITED)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    climbed = rows(toy, "SELECT smiles FROM result WHERE level = 'dear'")
    broken = rows(
        toy,
        "SELECT count(*) FROM label WHERE level = 'xtb' AND property = 'homo_lumo_gap'"
        " AND value >= 9",
    )
    assert broken[0][0] > 0  # type: ignore[operator]
    assert len(climbed) == SHARE * BUDGET
    assert all(len(str(smiles)) < 9 for (smiles,) in climbed)
    asked = [body for body in toy.asked if isinstance(body, Infer)]
    assert {(each.limits[0].output.key, each.limits[0].below) for each in asked} == {
        ("homo_lumo_gap@xtb", 9.0)
    }
    labels = {aim.objective.output.key for aim in asked[-1].aims}
    assert labels == {f"{ADIABATIC_IP}@dear"}
    assert len(asked[-1].worst) == 1
    assert asked[-1].worst[0] <= min(merit for (merit,) in asked[-1].front)
    campaign.ledger.close()
