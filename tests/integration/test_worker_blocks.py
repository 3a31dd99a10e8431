"""Workers that are blocks nobody but Redis can reach."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.waiting import eventually
from support.worker_process import TESTS, queue_variables, running_worker

from molsteer.shared.bus.embedded_server import EmbeddedServer
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.worker.blocks import announce, dismiss, hosts


@pytest.fixture
def queue() -> Iterator[QueueSettings]:
    with EmbeddedServer() as server:
        yield QueueSettings(redis_url=server.url)


def test_a_block_tells_where_it_is_until_it_is_dismissed_and_then_ends(
    queue: QueueSettings, tmp_path: Path
) -> None:
    announce(queue, "simulate", "b1")
    assert hosts(queue, [("simulate", "b1"), ("train", "b1")]) == ["", None]
    with running_worker(queue, tmp_path, "--block", "b1") as worker:
        assert hosts(queue, [("simulate", "b1")]) == [platform.node()]
        assert dismiss(queue, [("simulate", "b1")]) == [platform.node()]
        assert worker.process.wait(120) == 0
        (told,) = [line for line in worker.log() if "block" in str(line["message"])]
        assert told["message"] == "The worker leaves, because its block is not wanted any more."
    assert hosts(queue, [("simulate", "b1")]) == [None]


def test_a_block_that_nobody_wants_never_works(queue: QueueSettings) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "molsteer.shared.cli", "worker", "simulate", "--block", "b2"],
        env=os.environ | {"PYTHONPATH": str(TESTS)} | queue_variables(queue),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        0,
        "molsteer: The block b2 is not wanted any more; this worker ends.\n",
    )
    eventually(lambda: hosts(queue, [("simulate", "b2")]) == [None])
