"""Finding handlers, scratch folders, and the lines of a log."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from molsteer.shared.errors import SettingsError
from molsteer.shared.telemetry import log_to
from molsteer.shared.worker import handlers
from molsteer.shared.worker.handlers import find_handler
from molsteer.shared.worker.scratch import remove_folders_of_the_dead, task_folder, worker_folder
from molsteer.shared.worker.undertaker import hire_undertaker

pytestmark = pytest.mark.fast


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def untouched_logging() -> Iterator[None]:
    root = logging.getLogger()
    level, kept = root.level, root.handlers[:]
    root.handlers[:] = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = kept
    root.setLevel(level)


def test_a_topic_without_a_service_is_told_with_the_package_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handlers, "entry_points", lambda **_: [])
    with pytest.raises(SettingsError, match="Install molsteer-trainer"):
        find_handler("train", None)


def test_a_given_handler_comes_before_the_installed_one() -> None:
    assert find_handler("train", "my.module:build") == "my.module:build"


def test_folders_of_the_living_stay_when_those_of_the_dead_go(temporary: Path) -> None:
    own = worker_folder()
    stem = own.name.removesuffix(str(os.getpid()))
    parent, dead = own.with_name(f"{stem}{os.getppid()}"), own.with_name(f"{stem}4194305")
    other, server = own.with_name(f"{own.name}-notes"), own.with_name(f"{own.name}.abc")
    dead_server = own.with_name(f"{dead.name}.abc")
    for folder in (own, parent, dead, other, server, dead_server):
        (folder / "1").mkdir(parents=True)
    remove_folders_of_the_dead()
    assert sorted(temporary.iterdir()) == sorted([parent, other, server])


def test_whatever_lies_in_a_workers_folder_goes_with_it(tmp_path: Path) -> None:
    scratch = tmp_path / "worker"
    for name in ("4194305", "3d-cache", "notes"):
        (scratch / name).mkdir(parents=True)
    hire_undertaker(scratch).communicate(timeout=60)
    assert not scratch.exists()


def test_each_task_has_a_folder_of_its_own(tmp_path: Path) -> None:
    with task_folder(tmp_path) as first, task_folder(tmp_path) as second:
        assert first != second
        (first / "deep").mkdir()
    assert not first.exists()
    assert not second.exists()


@pytest.mark.usefixtures("untouched_logging")
def test_a_log_line_is_json_with_the_facts_of_the_call(tmp_path: Path) -> None:
    file = tmp_path / "log"
    log_to("worker-train", "info", file)
    logging.getLogger("molsteer.test").info("Task ended.", extra={"task_id": "train/1/1"})
    logging.getLogger("molsteer.test").debug("Too fine.")
    logging.getLogger("celery.worker").info("Too chatty.")
    (line,) = [json.loads(text) for text in file.read_text().splitlines()]
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "molsteer.test",
        "message": "Task ended.",
        "pid": os.getpid(),
        "service": "worker-train",
        "task_id": "train/1/1",
    }
