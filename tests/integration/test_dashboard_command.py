"""`molsteer dashboard` serves the campaigns of a folder, or says in a sentence why it cannot."""

from __future__ import annotations

import re
import socket
from contextlib import closing
from pathlib import Path

import pytest
import requests
from support.command import molsteer
from support.dashboard_process import dashboard
from support.made_campaigns import made_campaign
from support.waiting import eventually

EVERYWHERE = "0.0.0.0"  # noqa: S104 - for as long as the test takes


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    with closing(made_campaign(folder / "first")):
        pass
    return folder


def test_it_is_served_on_this_machine_until_ctrl_c(runs: Path, tmp_path: Path) -> None:
    with dashboard(runs, tmp_path / "log") as (address, process):
        assert address.startswith("http://127.0.0.1:")
        answer = requests.get(address, timeout=120)
        assert answer.status_code == 200
        eventually(lambda: "first" in requests.get(address, timeout=120).text)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert requests.post(address, timeout=120).status_code == 405
        taken = address.rstrip("/").rpartition(":")[2]
        refused = molsteer("dashboard", runs, "--port", taken)
        assert refused.returncode == 2
        assert "Address already in use. Choose another --port" in refused.stderr
        assert "Traceback" not in refused.stderr
    assert process.returncode == 0


def test_where_others_reach_it_a_token_is_asked_for(runs: Path, tmp_path: Path) -> None:
    with dashboard(runs, tmp_path / "log", "--host", EVERYWHERE) as (address, _):
        port, token = re.search(r":(\d+)/\?token=(\S+)", address).groups()  # type: ignore[union-attr]
        here = f"http://127.0.0.1:{port}/"
        assert requests.get(here, timeout=120).status_code == 401
        session = requests.Session()
        assert session.get(here, params={"token": token}, timeout=120).status_code == 200
        assert session.get(f"{here}c/first/molecules", timeout=120).status_code == 200


def test_on_a_machine_of_many_the_token_can_be_asked_for_as_well(
    runs: Path, tmp_path: Path
) -> None:
    with dashboard(runs, tmp_path / "log", "--token") as (address, _):
        assert requests.get(address.partition("?")[0], timeout=120).status_code == 401
        assert requests.get(address, timeout=120).status_code == 200


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        ("a file", "cannot be read: Not a directory"),
        ("no ledger", "ledger.sqlite cannot be opened"),
    ],
)
def test_what_cannot_be_shown_is_a_sentence(content: str | None, said: str, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    if content == "a file":
        folder.write_text(content)
    elif content:
        folder.mkdir()
        (folder / "ledger.sqlite").write_text(content)
    refused = molsteer("dashboard", folder, "--port", "0")
    assert refused.returncode == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1", "a b"])
def test_an_address_that_is_not_of_this_machine_is_a_sentence(host: str, runs: Path) -> None:
    refused = molsteer("dashboard", runs, "--host", host, "--port", "0")
    assert refused.returncode == 2
    assert f"The dashboard cannot be served at {host}:0" in refused.stderr


def test_a_ledger_that_another_program_has_locked_is_shown(tmp_path: Path) -> None:
    with closing(made_campaign(tmp_path / "run")) as ledger:
        ledger.connection.execute("PRAGMA journal_mode = DELETE")
        with dashboard(tmp_path, tmp_path / "log") as (address, _):
            ledger.connection.execute("BEGIN EXCLUSIVE")
            answer = requests.get(f"{address}c/run/molecules", timeout=120)
            ledger.connection.execute("ROLLBACK")
            assert "16.100" in answer.text


def test_a_port_is_free_again_when_the_dashboard_has_ended(runs: Path, tmp_path: Path) -> None:
    with dashboard(runs, tmp_path / "log") as (address, _):
        port = int(address.rstrip("/").rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        pass
