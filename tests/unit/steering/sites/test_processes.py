"""Blocks that are processes of this machine, which several commands look at side by side."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from support.toy_site import ToySite

from molsteer.steering.sites.deployment import deployment
from molsteer.steering.sites.schedulers import processes
from molsteer.steering.sites.schedulers.processes import Processes


def test_what_another_command_removes_meanwhile_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("1.1", "2.1"):
        (tmp_path / name).write_text("block")

    def lives(number: str) -> bool:
        (tmp_path / "1.1").unlink(missing_ok=True)
        return True

    monkeypatch.setattr(processes, "_lives", lives)
    assert [job.id for job in Processes(tmp_path, tmp_path, "here").jobs(["block"])] == ["2.1"]


def test_what_does_not_hear_term_is_gone_when_it_was_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "END_WITHIN_S", 3.0)
    script = tmp_path / "deaf.sh"
    script.write_text("#MOLSTEER --job-name=deaf\ntrap '' TERM\nsleep 600\n")
    blocks = Processes(tmp_path / "jobs", tmp_path, "here")
    number = blocks.submit(script)
    blocks.cancel([number])
    assert blocks.jobs(["deaf"]) == []


def test_a_port_that_somebody_took_meanwhile_is_exchanged_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toys = ToySite(tmp_path)
    toys.write()
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        ports = iter((taken, deployment.free_port()))
        monkeypatch.setattr(deployment, "free_port", lambda: next(ports))
        try:
            assert toys.deployment.up().port not in (0, taken)
        finally:
            toys.end()
