"""Finding handlers, scratch folders, and the lines of a log."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from molsteer.shared.errors import SettingsError
from molsteer.shared.host.files.temporary_folders import OwnFolder, remove_folders_of_the_dead
from molsteer.shared.host.scratch import task_folder, worker_folder
from molsteer.shared.telemetry.logs import log_to
from molsteer.shared.wire.topics import TOPICS
from molsteer.shared.worker import handlers
from molsteer.shared.worker.handlers import find_handler
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


@pytest.mark.parametrize(
    "given", ["support.handlers:build", "json.decoder:JSONDecoder.decode", "math:sqrt"]
)
def test_a_given_handler_comes_before_the_installed_one(given: str) -> None:
    assert find_handler("train", given) == given


def test_every_installed_handler_can_be_given() -> None:
    for topic in TOPICS:
        installed = find_handler(topic, None)
        assert find_handler(topic, installed) == installed


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("build", "names no function. Write MODULE:FUNCTION."),
        ("support.handlers", "names no function"),
        ("a:b:c", "names no function"),
        ("nomod:build", "There is no module 'nomod' here."),
        ("support.nomod:build", "There is no module 'support.nomod' here."),
        ("json.decoder.deeper:build", "There is no module 'json.decoder.deeper' here."),
        ("support.handlers:biuld", "There is no 'biuld' in the module 'support.handlers'"),
    ],
)
def test_a_handler_that_is_not_there_is_told(given: str, told: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(told)):
        find_handler("train", given)


def test_a_handler_is_looked_for_without_running_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "a_heavy_package"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('imported')\n")
    (package / "part.py").write_text("raise SystemExit('imported')\nfrom x import build\n")
    (package / "broken.py").write_text("def build(:\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert find_handler("train", "a_heavy_package.part:build")
    with pytest.raises(SettingsError, match="cannot be read"):
        find_handler("train", "a_heavy_package.broken:build")


def test_folders_of_the_living_stay_when_those_of_the_dead_go(temporary: Path) -> None:
    living, dead = OwnFolder(worker_folder()), OwnFolder(worker_folder())
    (dead.path / "1" / "task").mkdir(parents=True)
    assert dead.lock is not None
    os.close(dead.lock)
    foreign = worker_folder()
    (foreign / "notes").mkdir(parents=True)
    remove_folders_of_the_dead()
    assert sorted(temporary.iterdir()) == sorted([living.path, foreign])
    living.remove()
    assert list(temporary.iterdir()) == [foreign]


def test_a_folder_stays_while_its_undertaker_works(temporary: Path) -> None:
    own = OwnFolder(worker_folder())
    undertaker = hire_undertaker(own.path, own.lock)
    assert own.lock is not None
    os.close(own.lock)
    remove_folders_of_the_dead()
    assert own.path.is_dir()
    undertaker.communicate(timeout=240)
    assert not list(temporary.iterdir())


def test_without_locks_nobody_is_taken_for_dead(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    dead = OwnFolder(worker_folder())
    assert dead.lock is not None
    os.close(dead.lock)
    monkeypatch.setattr("fcntl.flock", refuse)
    living = OwnFolder(worker_folder())
    remove_folders_of_the_dead()
    monkeypatch.undo()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    assert sorted(temporary.iterdir()) == sorted([dead.path, living.path])
    remove_folders_of_the_dead()
    assert list(temporary.iterdir()) == [living.path]


def test_whatever_lies_in_a_workers_folder_goes_with_it(tmp_path: Path) -> None:
    scratch = tmp_path / "worker"
    for name in ("4194305", "3d-cache", "notes"):
        (scratch / name).mkdir(parents=True)
    hire_undertaker(scratch).communicate(timeout=240)
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
