from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.waiting import eventually

from molsteer.shared.settings.server_url import ServerUrl
from molsteer.shared.telemetry.rotation import MOST_BYTES
from molsteer.steering.errors import RunDirectoryInUse, WorkersKeepDying
from molsteer.steering.run_directory import held, is_held
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.sites.local import LocalWorker, last_words, local_site


def last_error(*arguments: str, log_file: Path) -> WorkersKeepDying:
    """Keep a worker running until that is given up."""
    worker = LocalWorker("simulate", 1, arguments, dict(os.environ), log_file)

    def gives_up() -> WorkersKeepDying | None:
        try:
            worker.keep_running()
        except WorkersKeepDying as error:
            return error
        return None

    error = eventually(gives_up)
    assert error is not None
    return error


def test_a_worker_that_cannot_start_ends_the_run_with_its_last_words(tmp_path: Path) -> None:
    error = last_error("--no-such-flag", log_file=tmp_path / "simulate.err")
    assert error.starts > 1
    assert "no-such-flag" in str(error)
    assert str(tmp_path / "simulate.err") in str(error)


def test_a_worker_starts_although_its_log_cannot_be_written(tmp_path: Path) -> None:
    error = last_error("--help", log_file=tmp_path / "gone" / "simulate.err")
    assert (error.status, error.last_words) == (0, "")


def test_last_words_that_are_a_list_say_of_what(tmp_path: Path) -> None:
    file = tmp_path / "simulate.out"
    file.write_text(
        "Earlier.\nmolsteer: The settings in a.json cannot be used:\n  - One.\n  - Another.\n"
    )
    assert last_words(file) == "The settings in a.json cannot be used: One. Another."


def test_what_workers_have_said_is_put_aside_when_it_is_large(tmp_path: Path) -> None:
    file = tmp_path / "simulate.err"
    with file.open("wb") as opened:
        opened.truncate(MOST_BYTES)
    last_error("--no-such-flag", log_file=file)
    assert file.stat().st_size < 100_000
    assert (tmp_path / "simulate.err.1").stat().st_size == MOST_BYTES


def test_a_run_directory_has_one_steering_process_at_a_time(tmp_path: Path) -> None:
    with held(tmp_path):
        assert is_held(tmp_path)
        with pytest.raises(RunDirectoryInUse, match=str(os.getpid())), held(tmp_path):
            pass
    assert not is_held(tmp_path)


def test_workers_are_told_of_no_other_server_than_that_of_their_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOLSTEER_QUEUE__REDIS_URL", "redis://user@elsewhere")
    monkeypatch.setenv("MOLSTEER_QUEUE__PASSWORD_FILE", "elsewhere.password")
    settings = CampaignSettings.model_validate({"campaign": {"space": "a.smi"}})
    own = settings.queue.at(ServerUrl("unix://:secret@/run/own.sock?db=0"))
    environment = local_site(settings.model_copy(update={"queue": own}), tmp_path).environment
    assert environment["MOLSTEER_QUEUE__REDIS_URL"] == own.redis_url
    assert "MOLSTEER_QUEUE__PASSWORD_FILE" not in environment
