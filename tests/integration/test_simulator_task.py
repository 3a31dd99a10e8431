"""A task as a worker does it, without the queue."""

from __future__ import annotations

from pathlib import Path

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.blobs.reference import Placement
from molsteer.shared.messages import Simulate, Simulated
from molsteer.shared.specs import SimulationSpec
from molsteer.shared.worker.port import TaskContext
from molsteer.simulator.app import build


def test_a_task_gives_potentials_and_stored_records_and_leaves_no_file(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    context = TaskContext(
        blobs, Placement(store="file", threshold_bytes=0), scratch=tmp_path, remaining_s=60.0
    )
    answer = build()(Simulate(smiles="OCC", spec=SimulationSpec()), context)
    assert Simulated.model_validate_json(answer.model_dump_json()) == answer
    assert answer.smiles == "OCC"
    assert abs(answer.adiabatic_eV - 14.445) < 0.01
    assert answer.engine.startswith(("tblite ", "xtb-python "))
    records = blobs.tree(answer.records)
    assert isinstance(records, dict)
    assert set(records) == {"neutral", "vertical", "cation"}
    assert answer.records.kind == "ref"
    assert answer.records.size_bytes < 40_000
    assert list(tmp_path.iterdir()) == []
