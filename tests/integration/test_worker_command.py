"""`molsteer worker` as users and launchers meet it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.command import molsteer
from support.redis_server import PASSWORD, TcpServer, free_port, started, tcp_server
from support.tasks import simulate_task
from support.waiting import eventually
from support.worker_process import TESTS, await_end, contained_worker, kill, running_worker

from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.bus.workers import live_workers
from molsteer.shared.settings.sections import QueueSettings


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TcpServer]:
    with tcp_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@dataclass
class UnfitServer(TcpServer):
    """A server with something in its configuration that must not be."""

    unfit: str = ""

    @property
    def configuration(self) -> tuple[str, ...]:
        return (*super().configuration, self.unfit)


def run_worker(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "molsteer.shared.cli", "worker", *arguments],
        env=os.environ | {"PYTHONPATH": str(TESTS)} | variables,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def refuse(*arguments: str, **variables: str) -> str:
    """Run a worker that cannot start, and give the one sentence it says."""
    begun = time.monotonic()
    finished = run_worker(*arguments, "--handler", "support.handlers:build", **variables)
    assert time.monotonic() - begun < 90.0, "it waited for what cannot come"
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert "Traceback" not in finished.stderr
    assert PASSWORD not in finished.stderr
    return finished.stderr


def test_a_server_that_is_not_there_is_told_within_seconds() -> None:
    said = refuse("simulate", "--queue-redis-url", "redis://127.0.0.1:1/0")
    assert "Redis at 127.0.0.1:1/0 cannot be used" in said
    assert "Start the server, or correct [queue] redis_url." in said


@pytest.mark.parametrize(
    ("configuration", "told"),
    [
        ("cluster-enabled yes", "it runs in cluster mode"),
        ("replicaof 127.0.0.1 1", "it is a replica, whose data is that of 127.0.0.1:1"),
        ("maxmemory-policy allkeys-lru", "it throws data away when its memory is full"),
    ],
)
def test_a_server_on_which_no_campaign_can_work_is_told(
    tmp_path: Path, configuration: str, told: str
) -> None:
    with started(UnfitServer(tmp_path, free_port(), unfit=configuration)) as unfit:
        assert told in refuse("simulate", MOLSTEER_QUEUE__REDIS_URL=unfit.url)
        elsewhere = {"MOLSTEER_WORKERS__SERVER": "external", "MOLSTEER_QUEUE__REDIS_URL": unfit.url}
        (tmp_path / "few.smi").write_text("CCO\nCCN\n")
        for command in (
            ("run", "--space", tmp_path / "few.smi", "--run-dir", tmp_path / "run"),
            ("doctor", "--only", "redis", "--quiet"),
        ):
            done = molsteer(*command, **elsewhere)
            assert done.returncode in {1, 2}
            said = " ".join((done.stdout + done.stderr).split())
            assert told.removeprefix("it ") in said
        assert not (tmp_path / "run").exists()


def test_a_sentinel_is_told_from_a_server(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "sentinel.conf").write_text(f"port {port}\nbind 127.0.0.1\ndir {tmp_path}\n")
    command = ["redis-server", tmp_path / "sentinel.conf", "--sentinel"]
    if shutil.which("redis-server") is None:
        pytest.skip("There is no redis-server here.")
    url = f"redis://127.0.0.1:{port}/0"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as sentinel:
        try:
            eventually(lambda: is_listening(port))
            assert "it is a sentinel" in refuse("simulate", MOLSTEER_QUEUE__REDIS_URL=url)
            done = molsteer("doctor", "--only", "redis", MOLSTEER_QUEUE__REDIS_URL=url)
            assert (done.returncode, "is a sentinel" in done.stdout) == (1, True)
            assert "KeyError" not in done.stdout
        finally:
            sentinel.kill()


def is_listening(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("user", ["", ":wrong@", "nobody:wrong@"])
def test_a_refused_password_is_told_and_not_shown(server: TcpServer, user: str) -> None:
    url = f"redis://{user}127.0.0.1:{server.port}/0"
    said = refuse("simulate", MOLSTEER_QUEUE__REDIS_URL=url)
    assert "refuses the user or password" in said
    assert "wrong" not in said


def test_settings_that_cannot_be_used_are_told_all_at_once(tmp_path: Path) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text(
        '[queue]\nlease_s = -1\nspeed = 3\n[stores]\nexpire_s = "soon"\n[space]\nx = 1\n'
    )
    said = refuse("simulate", "--config", str(file))
    assert "[queue] lease_s" in said
    assert "[queue] speed: there is no such setting" in said
    assert "[stores] expire_s" in said
    assert "[space]" not in said


def test_variables_that_cannot_be_used_are_told() -> None:
    said = refuse("simulate", MOLSTEER_QUEUE="here")
    assert 'field "queue"' in said
    assert "a single setting as MOLSTEER_TABLE__KEY" in said
    assert "[queue] lease_s" in refuse("simulate", MOLSTEER_QUEUE__LEASE_S="inf")


def test_a_log_that_cannot_be_written_is_told(server: TcpServer, tmp_path: Path) -> None:
    file = tmp_path / "missing" / "worker.log"
    said = refuse("simulate", "--log-file", str(file), MOLSTEER_QUEUE__REDIS_URL=server.url)
    assert f"{file} cannot be used: no log can be written there (No such file or" in said


def test_a_file_store_that_cannot_be_used_is_told(server: TcpServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = refuse(
        "simulate",
        "--stores-directory",
        str(tmp_path / "file" / "blobs"),
        MOLSTEER_QUEUE__REDIS_URL=server.url,
    )
    assert "Check that [stores] directory exists, is writable and has room." in said


def test_an_unknown_topic_is_told_with_the_known_ones() -> None:
    assert "'simulate', 'train', 'infer'" in refuse("dream")


def test_help_shows_units_and_defaults() -> None:
    said = " ".join(run_worker("--help").stdout.split())
    for part in ("--queue-redis-url", "Seconds after which", "[default: 120.0]", "--processes"):
        assert part in said


def test_a_ready_worker_introduces_itself_until_it_ends(server: TcpServer, tmp_path: Path) -> None:
    queue = QueueSettings(redis_url=server.url, prefix="introduction")
    with running_worker(queue, tmp_path, "--processes", "2") as worker:
        (info,) = live_workers(queue)
        assert (info.topic, info.processes, info.pid) == ("simulate", 2, worker.pid)
        assert worker.terminate() == 0
    eventually(lambda: not live_workers(queue))


def test_workers_in_containers_of_one_host_are_told_apart(
    server: TcpServer, tmp_path: Path
) -> None:
    queue = QueueSettings(redis_url=server.url, prefix="containers")
    with contained_worker(queue, tmp_path):
        (first,) = live_workers(queue)
        with contained_worker(queue, tmp_path):
            both = live_workers(queue)
            assert len({worker.node for worker in both}) == 2
            assert {(worker.host, worker.pid) for worker in both} == {(first.host, first.pid)}


def test_a_worker_takes_the_tasks_of_its_pool_and_no_others(
    server: TcpServer, tmp_path: Path
) -> None:
    queue = QueueSettings(redis_url=server.url, prefix="pools")
    theta = RedisDispatch(queue, "theta", {"simulate": "theta"})
    usual = RedisDispatch(queue, "usual")
    with running_worker(queue, tmp_path, "--pool", "theta"):
        (info,) = live_workers(queue)
        assert info.pool == "theta"
        usual.publish(simulate_task("unlucky 3", campaign="usual"))
        theta.publish(simulate_task("unlucky 3", campaign="theta"))
        assert theta.collect(240.0)
        task = ("simulate", "simulate/1/xtb/1")
        assert theta.whereabouts([task]) == {"simulate/1/xtb/1": "finished"}
        assert usual.whereabouts([task]) == {"simulate/1/xtb/1": "queued"}
    theta.close()
    usual.close()


@pytest.mark.parametrize("name", ["two words", "two\nlines", "end\n", ""])
def test_a_pool_that_no_queue_can_be_named_after_is_refused(name: str) -> None:
    assert "Invalid value for '--pool'" in refuse("simulate", "--pool", name)


def test_logs_are_json_lines_that_name_the_task_and_no_secret(
    server: TcpServer, tmp_path: Path
) -> None:
    queue = QueueSettings(redis_url=server.url, prefix="logs")
    dispatch = RedisDispatch(queue, "campaign")
    with running_worker(queue, tmp_path) as worker:
        dispatch.publish(simulate_task("unlucky 3"))
        assert dispatch.collect(240.0)
        eventually(lambda: any(line["message"] == "Task ended." for line in worker.log()))
        assert worker.terminate() == 0
    (failed,) = [line for line in worker.log() if "Task failed" in str(line["message"])]
    assert failed["message"] == "Task failed: The dice show 3."
    assert failed["level"] == "WARNING"
    assert failed["service"] == "worker-simulate"
    assert (failed["campaign"], failed["task_id"]) == ("campaign", "simulate/1/xtb/1")
    assert PASSWORD not in worker.log_file.read_text()
    dispatch.close()


def test_a_handler_that_is_not_there_is_told_at_once() -> None:
    said = run_worker("simulate", "--handler", "nomod:build")
    assert said.returncode == 2
    assert "--handler: There is no module 'nomod' here." in said.stderr


def test_a_worker_without_time_is_told_at_once() -> None:
    assert "has passed" in refuse("simulate", "--until", "2026-01-01T00:00")
    assert "The variable in it is probably not set here" in refuse("simulate", "--until", "+")


def test_a_worker_in_a_job_asks_when_it_ends_and_says_so_where_nobody_knows(
    tmp_path: Path,
) -> None:
    squeue = tmp_path / "squeue"
    squeue.write_text("#!/bin/sh\necho 2026-01-01T00:00:00\n")
    squeue.chmod(0o700)
    inside = {"SLURM_JOB_ID": "12", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert "its end, 2026-01-01 00:00:00" in refuse("simulate", **inside)
    # A launcher looks after the end itself.
    nowhere = ("--queue-redis-url", "redis://127.0.0.1:1/0")
    said = refuse("simulate", "--die-with-parent", str(os.getpid()), *nowhere, **inside)
    assert said.startswith("molsteer: Redis at 127.0.0.1:1/0 cannot be used")
    squeue.write_text("#!/bin/sh\nexit 1\n")
    said = refuse("simulate", *nowhere, **inside)
    assert "This worker runs in job 12 of Slurm, which does not tell when it ends" in said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            ("--pool", "theta", "--processes", "2"),
            r"molsteer: This worker takes tasks of simulate for the pool 'theta' from Redis at "
            r"127\.0\.0\.1:\d+/0, 2 at a time\.\n",
        ),
        (("--until", "+3600"), r"[^\n]*, until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^ ]*\.\n"),
        (("--quiet",), ""),
    ],
)
def test_a_worker_says_in_one_line_what_it_does_and_nothing_more_when_all_is_well(
    server: TcpServer, options: tuple[str, ...], told: str
) -> None:
    queue = QueueSettings(redis_url=server.url, prefix="greeting")
    options = ("--handler", "support.handlers:build", "--queue-prefix", queue.prefix, *options)
    process = subprocess.Popen(
        [sys.executable, "-m", "molsteer.shared.cli", "worker", "simulate", *options],
        env=os.environ | {"MOLSTEER_QUEUE__REDIS_URL": server.url, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    eventually(lambda: live_workers(queue))
    assert PASSWORD.encode() not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    process.terminate()
    said, heard = process.communicate(timeout=240)
    assert said == b""
    assert re.fullmatch(told, heard.decode())
    assert process.returncode == 0


LAUNCHER = """
import os, signal, subprocess, sys
from molsteer.shared.bus.embedded_server import EmbeddedServer
with EmbeddedServer() as server:
    os.environ["MOLSTEER_QUEUE__REDIS_URL"] = server.url
    command = [sys.executable, "-m", "molsteer.shared.cli", "worker", "simulate"]
    parent = ["--die-with-parent", str(os.getpid())]
    options = [*parent, "--handler", "support.handlers:build"]
    worker = subprocess.Popen([*command, *options], start_new_session=True)
    print(server.url, worker.pid, flush=True)
    signal.pause()
"""


def test_a_worker_whose_launcher_ended_before_it_began_ends_at_once() -> None:
    elsewhere = str(os.getppid())
    ended = run_worker("simulate", "--die-with-parent", elsewhere)
    assert (ended.returncode, ended.stderr) == (-signal.SIGTERM, "")


def test_nothing_outlives_a_launcher_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LAUNCHER],
        env=os.environ | {"PYTHONPATH": str(TESTS), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as launcher:
        assert launcher.stdout is not None
        url, worker = launcher.stdout.readline().split()
        queue = QueueSettings(redis_url=url)
        eventually(lambda: live_workers(queue))
        RedisDispatch(queue, "campaign").publish(simulate_task(f"mark {tmp_path}"))
        eventually(lambda: list(tmp_path.glob("started-*")))
        kill(launcher.pid)
        pids = [int(worker), *map(int, next(tmp_path.glob("started-*")).read_text().split())]
        await_end(pids)


def test_a_worker_keeps_its_name_by_which_batch_systems_find_its_processes(
    server: TcpServer, tmp_path: Path
) -> None:
    assert find_spec("setproctitle"), "Celery renames processes where it is installed."
    queue = QueueSettings(redis_url=server.url, prefix="named")
    with running_worker(queue, tmp_path) as worker:
        own = Path("/proc") / str(worker.pid)
        child = (own / "task" / str(worker.pid) / "children").read_text().split()[0]
        for process in (own, own.with_name(child)):
            assert b"molsteer" in (process / "cmdline").read_bytes()
            assert " " not in (process / "comm").read_text()
