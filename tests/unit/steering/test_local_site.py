from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.waiting import eventually

from molsteer.steering.errors import RunDirectoryInUse, WorkersKeepDying
from molsteer.steering.local_site import LocalWorker
from molsteer.steering.run_directory import held, is_held


def test_a_worker_that_cannot_start_ends_the_run_with_its_last_words(tmp_path: Path) -> None:
    worker = LocalWorker(
        topic="simulate",
        processes=1,
        arguments=("--no-such-flag",),
        environment=dict(os.environ),
        log_file=tmp_path / "simulate.err",
    )

    def gives_up() -> WorkersKeepDying | None:
        try:
            worker.keep_running()
        except WorkersKeepDying as error:
            return error
        return None

    error = eventually(gives_up)
    assert error is not None
    assert error.starts > 1
    assert "no-such-flag" in str(error)
    assert str(tmp_path / "simulate.err") in str(error)


def test_a_run_directory_has_one_steering_process_at_a_time(tmp_path: Path) -> None:
    with held(tmp_path):
        assert is_held(tmp_path)
        with pytest.raises(RunDirectoryInUse, match=str(os.getpid())), held(tmp_path):
            pass
    assert not is_held(tmp_path)
