"""A task as a worker does it, without the queue."""

from __future__ import annotations

from pathlib import Path

from support.tasks import simulate_task
from support.waiting import eventually
from support.worker_process import running_worker

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.bus.embedded_server import EmbeddedServer
from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.blob import Placement
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.messages import Failed, Simulate, Simulated
from molsteer.shared.wire.specs import Level
from molsteer.shared.worker.port import TaskContext
from molsteer.simulator.app import build


def test_a_task_gives_potentials_and_stored_records_and_leaves_no_file(tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    context = TaskContext(
        blobs, Placement(store="file", threshold_bytes=0), scratch=tmp_path, remaining_s=60.0
    )
    wanted = {ADIABATIC_IP: "eV"}
    answer = build()(Simulate(smiles="OCC", level=Level(), wanted=wanted), context)
    assert Simulated.model_validate_json(answer.model_dump_json()) == answer
    assert answer.smiles == "OCC"
    assert abs(answer.values[ADIABATIC_IP].value - 14.445) < 0.01
    assert answer.values[ADIABATIC_IP].unit == "eV"
    assert (answer.charge, set(answer.steps)) == (0, {"neutral", "cation"})
    assert answer.engine.startswith(("tblite ", "xtb-python "))
    assert answer.multiplicities == {"neutral": 1, "cation": 2}
    records = blobs.tree(answer.records)
    assert isinstance(records, dict)
    assert set(records) == {"neutral", "vertical", "cation"}
    assert answer.records.kind == "ref"
    assert answer.records.size_bytes < 40_000
    assert list(tmp_path.iterdir()) == []


def test_a_worker_gives_a_task_up_in_time_although_a_library_is_busy(tmp_path: Path) -> None:
    with EmbeddedServer() as server:
        queue = QueueSettings(redis_url=server.url)
        with running_worker(queue, tmp_path, handler="molsteer.simulator.app:build") as worker:
            dispatch = RedisDispatch(queue, "campaign")
            dispatch.publish(simulate_task("C" * 900, max_s=6.0))
            (outcome,) = dispatch.collect(240.0)
            dispatch.settle([outcome.task_id])
            dispatch.publish(simulate_task("CCO", number=2))
            # The message of the first may come again, and is told as taken back.
            found = eventually(
                lambda: [each for each in dispatch.collect(1.0) if each.task_id != outcome.task_id]
            )
            (another,) = found
            eventually(lambda: not worker.scratch_folders())
            dispatch.close()
    assert isinstance(outcome.result, Failed)
    assert outcome.result.status == "timeout"
    assert isinstance(another.result, Simulated)
    assert {"embedding", "neutral relaxation", "cation single point", "cation relaxation"} <= {
        stage.name for stage in another.stages
    }
