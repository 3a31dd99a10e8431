from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from molsteer.shared.failpoints import FailpointReached, reach

pytestmark = pytest.mark.fast


def test_nothing_happens_unless_a_test_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOLSTEER_FAILPOINT", raising=False)
    reach("task-begun")
    monkeypatch.setenv("MOLSTEER_FAILPOINT", "task-done:raise")
    reach("task-begun")


def test_a_failpoint_raises_or_waits_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLSTEER_FAILPOINT", "task-done:raise")
    with pytest.raises(FailpointReached, match="task-done"):
        reach("task-done")
    monkeypatch.setenv("MOLSTEER_FAILPOINT", "task-done:sleep:0.01")
    reach("task-done")


def test_a_failpoint_kills_its_process_as_the_system_would() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import molsteer.shared.failpoints as f; f.reach('task-done')"],
        env=os.environ | {"MOLSTEER_FAILPOINT": "task-done:kill"},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
