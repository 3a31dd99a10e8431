"""Each service in its image: it comes up, it answers, it ends when it is told to."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import molsteer
from support.containers import Image, environment
from support.processes import below
from support.redis_server import TcpServer
from support.waiting import eventually
from support.worker_process import await_end, queue_variables

from molsteer.shared.bus.workers import live_workers

pytestmark = pytest.mark.sites

TOPICS = {"simulator": "simulate", "trainer": "train", "inferencer": "infer"}
INTERRUPTED = 130
CAMPAIGN = """
[campaign]
name = "alone"
space = "molecules.smi"
budget = 4
run_dir = "run"
[workers]
server = "external"
local = false
"""


@pytest.fixture
def image_of(cpu: Image, gpu: Image) -> Callable[[str], Image]:
    return lambda service: cpu if service in ("simulator", "steering") else gpu


def topics(server: TcpServer) -> list[str]:
    return [worker.topic for worker in live_workers(server.queue)]


@pytest.mark.parametrize("service", TOPICS)
def test_a_worker_comes_up_answers_and_ends_with_0_when_it_is_told_to(
    service: str, image_of: Callable[[str], Image], server: TcpServer, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    image = image_of(service).with_options(f"--bind={scratch}:/scratch")
    queue, log = queue_variables(server.queue), tmp_path / "log"
    with image.running("--processes", "1", app=service, log=log, **queue) as worker:
        eventually(lambda: topics(server) == [TOPICS[service]] or worker.poll())
        assert worker.poll() is None, log.read_text()
        started = [each.pid for each in below(worker.pid)]
        assert started
        worker.terminate()
        assert worker.wait(240) == 0, log.read_text()
    await_end(started)
    eventually(lambda: not topics(server))
    eventually(lambda: not list(scratch.rglob("*")))


def test_steering_comes_up_answers_and_takes_its_tasks_back_when_it_is_told_to_end(
    cpu: Image, server: TcpServer, tmp_path: Path
) -> None:
    folder = tmp_path / "campaign"
    folder.mkdir()
    (folder / "molecules.smi").write_text("\n".join(["C", "N", "O", "CC", "CO", "CN", "CF"]))
    (folder / "campaign.toml").write_text(CAMPAIGN)
    image = cpu.bound(folder).with_options(f"--pwd={folder}")
    queue, log = queue_variables(server.queue), tmp_path / "log"
    with image.running("campaign.toml", app="steering", log=log, **queue) as steering:
        eventually(lambda: waits_for_workers(folder / "run") or steering.poll())
        assert steering.poll() is None, log.read_text()
        steering.terminate()
        assert steering.wait(240) == INTERRUPTED, log.read_text()
    verified = image.do("run", "verify", "run")
    assert verified.returncode == 0, verified.stdout


def waits_for_workers(run: Path) -> bool:
    status = molsteer("status", "--json", run)
    return status.returncode == 0 and '"in_flight": 0' not in status.stdout


def test_an_instance_runs_until_it_is_stopped(
    cpu: Image, server: TcpServer, tmp_path: Path
) -> None:
    image = Image(cpu.path, options=("--userns", "--cleanenv"))
    name = f"molsteer-{server.port}"
    command = ["apptainer", "instance", "start", *image.options, "--app=simulator", image.path]
    started = subprocess.run(
        [*command, name, "--processes", "1"],
        env=environment(queue_variables(server.queue)) | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 0, started.stderr
    try:
        eventually(lambda: topics(server) == ["simulate"])
    finally:
        stop = ["apptainer", "instance", "stop", name]
        stopped = subprocess.run(
            stop, env=environment({}) | {"HOME": str(tmp_path)}, capture_output=True, check=False
        )
    assert stopped.returncode == 0, stopped.stderr
    eventually(lambda: not topics(server))
