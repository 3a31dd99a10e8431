"""The page of exit statuses speaks of every command, and commands end as it says."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from support.command import MOLSTEER, molsteer
from support.redis_server import TcpServer, tcp_server
from support.toy_campaign import MOLECULES
from support.waiting import eventually
from support.worker_process import running_worker

from molsteer.shared.cli.main import molsteer as program

PAGE = (Path(__file__).parents[2] / "docs" / "exit-statuses.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| `molsteer ")
]
"""The commands of a row, and what 0 and 1 mean for them."""


def of(command: str) -> tuple[str, str]:
    """Give what the page says of 0 and of 1."""
    ((_, well, ill),) = (row for row in ROWS if f"`molsteer {command}`" in row[0])
    return well, ill


def commands(command: click.Command, name: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from commands(found, f"{name} {below}")
    else:
        yield name


@pytest.mark.fast
def test_the_page_has_every_command() -> None:
    named = {name for row in ROWS for name in re.findall("`(molsteer [^`]*)`", row[0])}
    without_options = {name for name in named if "--" not in name}
    assert without_options == set(commands(program, "molsteer"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TcpServer]:
    with tcp_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(scope="module")
def run_dir(server: TcpServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run a small campaign to its budget."""
    folder = tmp_path_factory.mktemp("campaign")
    (folder / "few.smi").write_text("\n".join(MOLECULES[:8]))
    with running_worker(server.queue, folder):
        done = molsteer(*a_campaign(folder), MOLSTEER_QUEUE__REDIS_URL=server.url)
    assert (done.returncode, "budget" in of("run")[0]) == (0, True), done.stderr
    return folder / "run"


def a_campaign(folder: Path) -> tuple[str | Path, ...]:
    where = ("--space", folder / "few.smi", "--run-dir", folder / "run", "--workers-local", "false")
    return ("run", *where, "--budget", "2", "--workers-server", "external")


def test_commands_that_look_at_a_campaign_tell_whether_it_is_well(
    run_dir: Path, tmp_path: Path
) -> None:
    for command in ("status", "verify", "report"):
        assert molsteer(command, run_dir).returncode == 0
    assert molsteer("status", run_dir, "--alive").returncode == 1
    assert of("status --alive")[1] == "none does"
    whole = run_dir / "records"
    lost = next(path for path in whole.rglob("*") if path.is_file())
    aside = lost.rename(tmp_path / "aside")
    assert (molsteer("verify", run_dir).returncode, of("verify")[1]) == (1, "something is broken")
    aside.rename(lost)


def test_what_cannot_be_done_as_asked_ends_with_2(tmp_path: Path) -> None:
    for arguments in (
        ["status", tmp_path],
        ["verify", tmp_path],
        ["run", tmp_path / "none.toml"],
        ["worker", "simulate", "--queue-redis-url", "redis://127.0.0.1:1/0"],
        ["site", "up", "nowhere"],
        ["no-such-command"],
        ["status"],
    ):
        done = molsteer(*arguments)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), arguments


def test_doctor_and_simulate_tell_a_problem_by_1() -> None:
    silent = {"MOLSTEER_QUEUE__REDIS_URL": "redis://127.0.0.1:1/0"}
    assert molsteer("doctor", "--only", "redis", **silent).returncode == 1
    assert molsteer("simulate", "CCO").returncode == 0
    assert molsteer("simulate", "CCO", "[He+2]").returncode == 1


def test_who_reads_no_more_is_told_by_1() -> None:
    command = subprocess.Popen([*MOLSTEER, "run", "--help"], stdout=subprocess.PIPE)
    assert command.stdout is not None
    command.stdout.close()
    assert command.wait(240) == 1


@pytest.mark.parametrize(
    ("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGHUP, 130)]
)
def test_a_campaign_that_is_interrupted_ends_with_130(
    server: TcpServer, tmp_path: Path, sent: signal.Signals, status: int
) -> None:
    (tmp_path / "few.smi").write_text("\n".join(MOLECULES[:8]))
    steering = subprocess.Popen(
        [*MOLSTEER, *map(str, a_campaign(tmp_path)), "--queue-prefix", f"of-{sent.name.lower()}"],
        env={"MOLSTEER_QUEUE__REDIS_URL": server.url, "PATH": sys.exec_prefix},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually((tmp_path / "run" / "logs" / "steering.jsonl").exists)
        eventually(lambda: molsteer("status", tmp_path / "run", "--alive").returncode == 0)
        steering.send_signal(sent)
        assert steering.wait(240) == status
    finally:
        steering.kill()


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_command_that_is_interrupted_ends_as_shells_know_it(
    tmp_path: Path, sent: signal.Signals, status: int
) -> None:
    (tmp_path / "many.smi").write_text("CCCCCCCCCC\n" * 200)
    with (
        (tmp_path / "out").open("wb") as output,
        subprocess.Popen(
            [*MOLSTEER, "simulate", tmp_path / "many.smi"],
            stdout=output,
            stderr=subprocess.DEVNULL,
        ) as simulate,
    ):
        try:
            eventually(lambda: (tmp_path / "out").stat().st_size > 0)
            simulate.send_signal(sent)
            assert simulate.wait(240) == status
        finally:
            simulate.kill()
