"""What probes of batch systems and containers learn about workers, without Redis or any library."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from support.command import molsteer
from support.redis_server import TcpServer
from support.tasks import simulate_task
from support.waiting import eventually
from support.worker_process import contained_worker, kill, running_worker, started

from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.host.files.temporary_folders import OwnFolder, new_name
from molsteer.shared.worker import alive
from molsteer.shared.worker.vitals import FILE, Pulse

_HEAVY = {"torch", "rdkit", "celery", "redis", "pydantic", "numpy", "proxystore"}


@pytest.fixture(autouse=True)
def _of_this_test_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers of other tests, whose folders are elsewhere, not be looked at."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


def asked(tmp_path: Path, *more: str) -> tuple[int, str]:
    """Ask as a probe does; give the exit status and what it says."""
    done = molsteer("worker", *more, "--alive", TMPDIR=str(tmp_path / "tmp"))
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_worker_tells_whether_it_is_idle_or_busy(server: TcpServer, tmp_path: Path) -> None:
    assert asked(tmp_path) == (1, "No worker of this user lives on this machine.\n")
    with running_worker(server.queue, tmp_path) as worker:
        name = f"The simulate worker {worker.pid} of the pool 'default'"
        assert eventually(lambda: f"{name} is alive: idle since " in asked(tmp_path)[1])
        status, said = asked(tmp_path)
        assert (status, "; Redis answered " in said) == (0, True)
        RedisDispatch(server.queue, "campaign").publish(simulate_task(f"mark {tmp_path}"))
        eventually(lambda: started(tmp_path))
        assert eventually(lambda: "1 of 1 tasks run, busy since " in asked(tmp_path)[1])
        assert asked(tmp_path, "simulate", "--quiet") == (0, "")
        assert asked(tmp_path, "train")[0] == 1
        (tmp_path / "go").touch()
        assert eventually(lambda: "alive: idle since" in asked(tmp_path)[1])
        assert worker.terminate() == 0
        assert eventually(lambda: asked(tmp_path)[0] == 1)


def test_a_worker_without_redis_is_not_called_dead(server: TcpServer, tmp_path: Path) -> None:
    with running_worker(server.queue, tmp_path):
        server.kill()
        assert eventually(lambda: "it waits for Redis" in asked(tmp_path)[1])
        assert asked(tmp_path)[0] == 0
        server.start()
        assert eventually(lambda: "idle since" in asked(tmp_path)[1])
        assert eventually(lambda: "it waits for Redis" not in asked(tmp_path)[1])


def test_of_several_workers_those_that_were_killed_do_not_count(
    server: TcpServer, tmp_path: Path
) -> None:
    with (
        running_worker(server.queue, tmp_path) as lost,
        running_worker(server.queue, tmp_path) as other,
    ):
        eventually(lambda: asked(tmp_path)[1].count(" is alive: ") == 2)
        lost.kill()
        eventually(lambda: asked(tmp_path)[1].count("\n") == 1)
        status, said = asked(tmp_path)
        assert (status, f" {other.pid} " in said) == (0, True)
        os.kill(other.pid, signal.SIGSTOP)
        stopped = "is not alive: its main process is stopped (SIGSTOP)."
        eventually(lambda: stopped in asked(tmp_path)[1])
        assert asked(tmp_path)[0] == 1
        kill(other.pid)
        assert eventually(lambda: asked(tmp_path)[0] == 1)


def test_a_worker_in_a_container_that_shares_the_folder_is_seen(
    server: TcpServer, tmp_path: Path
) -> None:
    with contained_worker(server.queue, tmp_path):
        eventually(lambda: asked(tmp_path)[1].count(" is alive: ") == 1)
        assert asked(tmp_path)[0] == 0


@pytest.mark.fast
def test_looking_for_workers_loads_no_large_library(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['molsteer', 'worker', '--alive']\n"
        "from molsteer.shared.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as end: print(end.code, *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"TMPDIR": str(tmp_path / "tmp")},
        capture_output=True,
        text=True,
        check=True,
    )
    status, *loaded = done.stdout.splitlines()[-1].split()
    assert status == "1"
    assert not {name.partition(".")[0] for name in loaded} & _HEAVY


def made(tmp_path: Path, **changes: object) -> OwnFolder:
    """Make the folder of a worker which is this process."""
    own = OwnFolder(tmp_path / "tmp" / new_name())
    Pulse(own.path, "simulate", "default", 1).connect(connected=True)
    vitals = json.loads((own.path / FILE).read_bytes())
    (own.path / FILE).write_text(json.dumps(vitals | changes))
    return own


@pytest.mark.fast
def test_another_process_with_the_number_of_a_killed_worker_is_not_taken_for_it(
    tmp_path: Path,
) -> None:
    made(tmp_path)
    assert [sign.trouble for sign in alive.workers_here()] == [None]
    made(tmp_path, began="1")
    assert len(alive.workers_here()) == 1


@pytest.mark.fast
def test_what_a_killed_worker_left_is_no_worker(tmp_path: Path) -> None:
    own = made(tmp_path)
    assert own.lock is not None
    os.close(own.lock)
    own.lock = None
    assert alive.workers_here() == []


@pytest.mark.fast
def test_a_job_does_not_look_at_the_worker_of_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    own = made(tmp_path)
    assert len(alive.workers_here()) == 1
    monkeypatch.setenv("SLURM_JOB_ID", "18")
    assert alive.workers_here() == []
    own.remove()


@pytest.mark.fast
def test_a_worker_whose_event_loop_stands_still_is_stuck_unless_it_waits_for_redis(
    tmp_path: Path,
) -> None:
    long_ago_s = time.monotonic() - 2 * alive.STUCK_AFTER_S
    stuck = made(tmp_path, beat_s=long_ago_s)
    (sign,) = alive.workers_here()
    assert "has not got on for" in str(sign)
    stuck.remove()
    made(tmp_path, beat_s=long_ago_s, connected=False, contact_at=time.time() - 900.0)
    (sign,) = alive.workers_here()
    assert sign.trouble is None
    assert re.search(r"it waits for Redis, which answered 9\d\d s ago\.", str(sign))


@pytest.mark.fast
def test_workers_of_other_users_and_other_folders_are_not_looked_at(tmp_path: Path) -> None:
    own = made(tmp_path)
    assert len(alive.workers_here()) == 1
    assert alive.workers_here(user=os.geteuid() + 1) == []
    (own.path / FILE).write_text("{}")
    assert alive.workers_here() == []
    shutil.rmtree(own.path)


@pytest.mark.fast
def test_a_worker_in_the_folder_of_its_block_is_found(tmp_path: Path) -> None:
    own = made(tmp_path)
    block = tmp_path / "tmp" / "molsteer-block.a1b2c3"
    block.mkdir()
    own.path.rename(block / own.path.name)
    assert len(alive.workers_here()) == 1
