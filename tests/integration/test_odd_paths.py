"""Folders may be called whatever the file system allows, or the cause is told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from support.command import MOLSTEER, molsteer

from molsteer.shared.bus.connection import connect
from molsteer.shared.bus.embedded_server import EmbeddedServer

ODD = "a #%25?\"\\ ;&'[1]*$(b)\n=é"
NO_TEXT = os.fsdecode(b"n\xe9")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "molecules.smi").write_text("C\nN\nO\n")
    return tmp_path


def test_a_server_keeps_its_socket_and_its_data_wherever_it_may(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / ODD) as server, connect(server.url) as client:
        assert client.config_get("dir")["dir"] == str(tmp_path / ODD)


def test_a_server_goes_elsewhere_where_no_address_can_name_its_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NO_TEXT).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / NO_TEXT))
    with EmbeddedServer() as server, connect(server.url) as client:
        assert client.ping()


def test_a_campaign_runs_where_every_path_is_odd(folder: Path) -> None:
    (folder / ODD).mkdir()
    # Short, so that the socket is in it.
    temporary = Path(os.path.relpath(folder)) / 't #%25?"\\;'
    temporary.mkdir()
    run = ("run", "--space", "molecules.smi", "--budget", "1", "--simulate-slots", "1")
    done = molsteer(*run, "--run-dir", f"{ODD}/run", TMPDIR=str(temporary.absolute()))
    assert done.returncode == 0, done.stderr
    for command in (("status",), ("verify",), ("report",)):
        done = molsteer(*command, f"{ODD}/run")
        assert done.returncode == 0, done.stderr
    exported = molsteer("export", f"{ODD}/run", "-o", f"{ODD}/export")
    assert exported.returncode == 0, exported.stderr


def test_a_campaign_runs_in_folders_whose_names_are_no_text(folder: Path) -> None:
    (folder / f"{NO_TEXT}.smi").write_text("C\nN\nO\n")
    run = ("run", "--space", f"{NO_TEXT}.smi", "--budget", "1", "--simulate-slots", "1")
    done = molsteer(*run, "--run-dir", NO_TEXT)
    assert done.returncode == 0, done.stderr
    assert r"Run directory: n\udce9" in done.stdout
    for command in ("status", "verify", "report"):
        done = molsteer(command, NO_TEXT)
        assert done.returncode == 0, done.stderr


def test_a_folder_for_temporary_files_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / NO_TEXT).mkdir()
    done = subprocess.run(
        [*MOLSTEER, "simulate", "C"],
        env=os.environ | {"TMPDIR": str(folder / NO_TEXT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert r"/n\udce9, which TMPDIR names, cannot be used: its name is not UTF-8" in done.stderr
