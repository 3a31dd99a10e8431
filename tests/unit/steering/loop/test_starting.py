"""Geometries that one level hands up to another."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.made_ledgers import HIGH_IP, Made, made_ledger
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.messages import Result, Simulate, Simulated, Start, Task
from molsteer.steering.policy.plan import Rung
from molsteer.steering.records.documents.relaxed import start_from
from molsteer.steering.space.search_space import SearchSpace

pytestmark = pytest.mark.fast

GEOMETRY = [0.0, 0.0, 0.0, 0.0, 0.0, 1.4]
RELAXED: Mapping[str, object] = {
    "neutral": {"final_molecule": {"symbols": ["H", "H"], "geometry": GEOMETRY}},
    "vertical": {"molecule": {"symbols": ["H", "H"], "geometry": GEOMETRY}},
    "cation": {"final_molecule": {"symbols": ["H", "H"], "geometry": [0, 0, 0, 0, 0, 2.0]}},
}
AIMS: Mapping[str, object] = {
    "level": [
        {"name": "xtb"},
        {"name": "dear", "method": "toy", "share": 0.25, "starts_from": "xtb"},
    ],
    "objective": [{"property": ADIABATIC_IP, "level": "dear"}],
}


def begun(folder: Path, records: object) -> Start | None:
    """Tell what is handed up of a result with these records."""
    with_result = made_ledger(folder, HIGH_IP, [Made(3, "[H][H]", "xtb", {ADIABATIC_IP: 15.0})])
    file = folder / "records" / "xtb" / "3.json.gz"
    file.parent.mkdir(parents=True)
    file.write_bytes(gzip.compress(json.dumps(records).encode()))
    found = start_from("xtb", 3, with_result, folder)
    with_result.close()
    return found


def test_the_relaxed_geometries_of_molecule_and_ion_are_handed_up(tmp_path: Path) -> None:
    assert begun(tmp_path, RELAXED) == Start(
        level="xtb",
        symbols=("H", "H"),
        geometries={"neutral": tuple(GEOMETRY), "cation": (0.0, 0.0, 0.0, 0.0, 0.0, 2.0)},
    )


@pytest.mark.parametrize(
    "records",
    [
        {},
        {"neutral": {"molecule": {"symbols": ["H", "H"], "geometry": GEOMETRY}}},
        {"neutral": {"final_molecule": {"symbols": ["H"], "geometry": ["far"]}}},
        {"neutral": "none"},
        [],
    ],
)
def test_records_without_a_relaxed_geometry_hand_nothing_up(
    records: object, tmp_path: Path
) -> None:
    assert begun(tmp_path, records) is None


def test_a_lost_record_and_a_level_without_a_result_hand_nothing_up(tmp_path: Path) -> None:
    ledger = made_ledger(tmp_path, HIGH_IP, [Made(3, "[H][H]", "xtb", {ADIABATIC_IP: 15.0})])
    assert start_from("xtb", 3, ledger, tmp_path) is None
    assert start_from("xtb", 4, ledger, tmp_path) is None
    assert start_from("dear", 3, ledger, tmp_path) is None
    ledger.close()


@dataclass
class Handing(ToyCampaign):
    """A campaign whose first level relaxes, and of which is kept what the other one was given."""

    given: dict[str, list[Start | None]] = field(default_factory=dict)  # type: ignore[assignment]
    settled: bool = True

    def _result(self, task: Task) -> Result:
        found = super()._result(task)
        match task.body, found:
            case Simulate(level=level, smiles=smiles, start=start), Simulated():
                if level.name == "dear":
                    self.given.setdefault(smiles, []).append(start)
                else:
                    assert start is None
                records = self.blobs.put(dict(RELAXED), "msgpack", task.reply)
                return found.model_copy(update={"records": records})
        return found


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


def test_a_process_that_begins_again_hands_up_the_same(space: SearchSpace, tmp_path: Path) -> None:
    plan = toy_plan(space, budget=16, level="xtb", rungs=(Rung("dear", 0.25),))
    toy = Handing(tmp_path, space, plan, aims=AIMS)
    campaign = toy.steering()
    for _ in range(400):
        if campaign.finished:
            break
        campaign.step(0.0)
        campaign.ledger.close()  # as a crash does, between any two steps
        campaign = toy.steering()
        toy.work()
        campaign.step(0.0)
    assert campaign.finished == "budget-reached"
    campaign.ledger.close()
    starts = [start for each in toy.given.values() for start in each]
    assert len(toy.given) == 4
    assert {start and start.level for start in starts} == {"xtb"}
    assert {start and start.geometries["neutral"] for start in starts} == {tuple(GEOMETRY)}
