"""What a probe learns about the steering process of a run directory."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.command import molsteer
from support.waiting import PATIENCE_S, eventually

from molsteer.steering.errors import RunDirectoryInUse
from molsteer.steering.ledger import steering_lock
from molsteer.steering.ledger.steering_lock import LOCK, STUCK_AFTER_S, look_at, note_step
from molsteer.steering.run_directory import held

pytestmark = pytest.mark.fast


def test_steering_is_alive_while_it_holds_its_run_directory_and_gets_on(tmp_path: Path) -> None:
    assert not look_at(tmp_path).alive
    with held(tmp_path):
        started = look_at(tmp_path)
        assert (started.alive, "it starts" in started.sentence) == (True, True)
        note_step(tmp_path)
        stepped = look_at(tmp_path)
        assert stepped.alive
        assert re.search(r"its last step was \d+ s ago\.", stepped.sentence)
        before = time.time() - 2 * STUCK_AFTER_S
        os.utime(tmp_path / LOCK, (before, before))
        assert not look_at(tmp_path).alive
    assert look_at(tmp_path).sentence == f"No process steers the campaign in {tmp_path} now."


def test_a_probe_at_the_wrong_moment_keeps_no_campaign_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steering_lock, "_WITHIN_S", PATIENCE_S)
    with held(tmp_path):
        pass
    looking = (tmp_path / LOCK).open()
    fcntl.flock(looking, fcntl.LOCK_SH)
    code = f"import time\ntime.sleep(0.1)\nopen({str(tmp_path / 'done')!r}, 'w')"
    with subprocess.Popen([sys.executable, "-c", code], stdin=looking):
        looking.close()  # the other process holds it until it ends, as a probe does
        with held(tmp_path):
            assert (tmp_path / "done").exists()


def test_a_run_directory_in_use_is_still_refused(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(RunDirectoryInUse), held(tmp_path):
        pass


def test_the_command_tells_by_its_exit_status(tmp_path: Path) -> None:
    done = molsteer("status", tmp_path, "--alive")
    assert (done.returncode, done.stderr) == (1, "")
    with held(tmp_path):
        done = molsteer("status", tmp_path, "--alive")
        assert done.returncode == 0
        assert f"Process {os.getpid()} on {socket.gethostname()} steers" in done.stdout


def test_a_stopped_process_does_not_steer(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time\nfrom molsteer.steering.run_directory import held\n"
        "with held(pathlib.Path(sys.argv[1])): time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, tmp_path]) as steering:
        try:
            eventually(lambda: look_at(tmp_path).alive)
            steering.send_signal(signal.SIGSTOP)
            eventually(lambda: not look_at(tmp_path).alive)
            assert "it is stopped (SIGSTOP)" in look_at(tmp_path).sentence
        finally:
            steering.kill()
