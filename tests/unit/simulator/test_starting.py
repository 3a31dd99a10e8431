"""Molecules that start from what another level relaxed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.simulation import need_engine

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.wire.blob import Placement
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.messages import Simulate, Simulated, Start
from molsteer.shared.wire.specs import Level, SimulationSpec
from molsteer.shared.worker.port import TaskContext
from molsteer.simulator.app import build

MOLECULE = "CCO"
LEVEL = Level(name="upper", spec=SimulationSpec(engine="tblite"), starts_from="lower")


def answered(folder: Path, start: Start | None) -> tuple[Simulated, dict[str, Any]]:
    """Compute a molecule as a worker does, and give the answer with its records."""
    blobs = MemoryBlobs()
    context = TaskContext(blobs, Placement(), scratch=folder, remaining_s=120.0)
    body = Simulate(smiles=MOLECULE, level=LEVEL, wanted={ADIABATIC_IP: "eV"}, start=start)
    answer = build()(body, context)
    records: Any = blobs.tree(answer.records)
    return answer, records


def handed_up(records: dict[str, Any]) -> Start:
    ends = {state: records[state]["final_molecule"] for state in ("neutral", "cation")}
    return Start(
        level="lower",
        symbols=tuple(ends["neutral"]["symbols"]),
        geometries={state: tuple(end["geometry"]) for state, end in ends.items()},
    )


@pytest.fixture(scope="module")
def afresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Simulated, dict[str, Any]]:
    need_engine("tblite")
    return answered(tmp_path_factory.mktemp("scratch"), None)


def test_molecule_and_ion_start_where_the_other_level_left_them(
    afresh: tuple[Simulated, dict[str, Any]], tmp_path: Path
) -> None:
    before, records = afresh
    after, again = answered(tmp_path, handed_up(records))
    assert (before.started_from, after.started_from) == (None, "lower")
    for state in ("neutral", "cation"):
        first, last = again[state]["initial_molecule"], records[state]["final_molecule"]
        assert first["geometry"] == last["geometry"]
        assert after.steps[state] < before.steps[state]
        assert again[state]["extras"]["molsteer"] == {"started_from": "lower"}
    difference = after.values[ADIABATIC_IP].value - before.values[ADIABATIC_IP].value
    assert abs(difference) < 2e-3


def test_a_record_tells_that_its_molecule_had_nothing_to_start_from(
    afresh: tuple[Simulated, dict[str, Any]],
) -> None:
    _, records = afresh
    assert records["neutral"]["extras"]["molsteer"] == {"started_from": None}


def in_eV(answer: Simulated) -> dict[str, float]:
    return {name: found.value for name, found in answer.values.items()}


def test_a_geometry_of_another_molecule_is_not_started_from(
    afresh: tuple[Simulated, dict[str, Any]], tmp_path: Path
) -> None:
    before, records = afresh
    whole = handed_up(records)
    heap = dict.fromkeys(whole.geometries, (0.0, 0.0, 0.1) * len(whole.symbols))
    for place, wrong in enumerate(
        (
            whole.model_copy(update={"symbols": tuple(reversed(whole.symbols))}),
            whole.model_copy(update={"geometries": {"neutral": (0.0, 1.0)}}),
            whole.model_copy(update={"geometries": heap}),
        )
    ):
        folder = tmp_path / str(place)
        folder.mkdir()
        answer, _ = answered(folder, wrong)
        assert answer.started_from is None
        assert in_eV(answer) == pytest.approx(in_eV(before), abs=1e-6)
