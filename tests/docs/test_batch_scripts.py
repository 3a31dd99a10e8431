"""The batch scripts of the documentation pass on what the batch system tells them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.waiting import eventually

from molsteer.shared.bus.embedded_server import EmbeddedServer
from molsteer.shared.bus.workers import live_workers
from molsteer.shared.settings.sections import QueueSettings

PAGE = Path(__file__).parents[2] / "docs" / "workers.md"
SCRIPTS = re.findall(r"```bash\n(#!/bin/bash\n.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_batch_script_that_is_told_to_end_ends_its_workers_gently(
    script: str, tmp_path: Path
) -> None:
    assert re.search(r"^#SBATCH --signal=B:TERM@\d+$", script, re.MULTILINE)
    few = re.sub(r"--processes \d+", "--processes 1", script)
    (tmp_path / "job.sh").write_text(few)
    with EmbeddedServer() as server:
        queue = QueueSettings(redis_url=server.url)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        job = subprocess.Popen(
            ["bash", tmp_path / "job.sh"],
            env=os.environ | {"PATH": path, "MOLSTEER_QUEUE__REDIS_URL": server.url},
        )
        try:
            eventually(lambda: len(live_workers(queue)) == script.count("molsteer worker"))
            job.send_signal(signal.SIGTERM)
            assert job.wait(240) == 0
            # A machine may be too busy for a worker to withdraw its sign of life, which then fades.
            eventually(lambda: not live_workers(queue))
        finally:
            job.kill()


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) == 2
