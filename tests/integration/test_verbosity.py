"""What a command tells is up to its user: less, more, and in colours or not."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import click
import pytest
from support.command import MOLSTEER, molsteer
from support.redis_server import tcp_server

from molsteer.shared.cli.main import molsteer as group

TALKATIVE = ("doctor", "run", "space build", "worker")
COLOUR = re.compile(rb"\x1b\[[0-9;]*3[0-7]m")
CAMPAIGN = ("--space", "molecules.smi", "--budget", "2", "--simulate-slots", "1")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "molecules.smi").write_text("C\nN\nO\n")
    return tmp_path


def told(*arguments: str) -> tuple[str, str]:
    done = molsteer(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("lost", ["full", "closed"])
def test_a_campaign_goes_on_where_nothing_that_it_shows_can_be_written(
    folder: Path, lost: str
) -> None:
    with open("/dev/full", "wb") as full:
        shown = full if lost == "full" else subprocess.PIPE
        run = subprocess.Popen(
            [*MOLSTEER, "run", *CAMPAIGN, "--verbose"], stdout=shown, stderr=subprocess.STDOUT
        )
    if run.stdout is not None:
        run.stdout.close()
    assert run.wait(240) == 0
    assert (folder / "runs" / "campaign" / "report.md").exists()


def logged(text: str) -> list[str]:
    return [json.loads(line)["level"] for line in text.splitlines()]


def on_terminal(*arguments: str, **environment: str) -> bytes:
    """Run the command as if a person watched, and give everything that the terminal got."""
    terminal, process_side = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [*MOLSTEER, *arguments],
        stdin=process_side,
        stdout=process_side,
        stderr=process_side,
        env=plain | {"TERM": "xterm-256color"} | environment,
    )
    os.close(process_side)
    shown = b""
    try:
        while part := os.read(terminal, 65536):
            shown += part
    except OSError:  # Linux says so when the last writer has gone
        pass
    os.close(terminal)
    assert process.wait(240) == 0, shown
    return shown


@pytest.mark.parametrize("name", TALKATIVE)
def test_every_command_that_talks_can_be_quiet_or_verbose(name: str) -> None:
    command: click.Command | None = group
    for word in name.split():
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    assert {"--quiet", "--verbose"} <= {name for option in command.params for name in option.opts}


def test_brackets_of_folders_are_no_markup(folder: Path) -> None:
    (folder / "molecules.smi").write_text("C\nnonsense\n")
    shown, news = told("run", *CAMPAIGN, "--budget", "1", "--run-dir", "run [a]")
    assert re.search(r"left out: .* \(see run \[a\]/space/", news)
    assert "Run directory: run [a]\nReport: run [a]/report.html" in shown


def test_a_campaign_tells_its_progress_or_its_results_only(folder: Path) -> None:
    usual, news = told("run", *CAMPAIGN, "--name", "usual", "--beta", "1", "--mongohost", "there")
    quiet, errors = told("run", *CAMPAIGN, "--name", "quiet", "--mongohost", "there", "--quiet")
    assert "0/2 simulated" in news
    # Those that simulate load faster, perhaps before the first line.
    assert re.search(r"workers are loading \(infer, (simulate, )?train\)", news)
    assert errors == ""
    for shown in (usual, quiet):
        assert "simulated" not in shown
        assert "Best molecules of" in shown
        assert "Ended: budget-reached." in shown


def test_a_verbose_campaign_shows_what_it_logs(folder: Path) -> None:
    shown, told_there = told("run", *CAMPAIGN, "--verbose")
    news = [line for line in told_there.splitlines() if not line.startswith("{")]
    log = "\n".join(line for line in told_there.splitlines() if line.startswith("{"))
    assert "simulated" not in shown
    assert "0/2 simulated" in "\n".join(news)
    assert {"DEBUG", "INFO"} <= set(logged(log))
    lines = [json.loads(line) for line in log.splitlines() if "Tasks ended." in line]
    assert len([task for line in lines for task in line["task_ids"]]) == 2
    assert "Tasks ended." in (folder / "runs/campaign/logs/steering.jsonl").read_text()


def test_a_space_is_built_in_silence_or_with_every_chunk_logged(folder: Path) -> None:
    usual, news = told("space", "build", "molecules.smi", "-o", "usual")
    assert "rows/s" in news
    quiet, errors = told("space", "build", "molecules.smi", "-o", "quiet", "-q")
    assert quiet == usual.replace("usual", "quiet")
    assert errors == ""
    _, log = told("space", "build", "molecules.smi", "-o", "verbose", "-v")
    assert "DEBUG" in logged("\n".join(log.splitlines()[:-1]))


def test_a_quiet_doctor_has_nothing_to_say_where_all_is_well() -> None:
    assert told("doctor", "--only", "python", "--quiet") == ("", "")
    shown, log = told("doctor", "--only", "python", "--verbose")
    assert "python" in shown
    assert logged(log) == ["DEBUG"]


def test_a_worker_logs_as_much_as_it_is_asked_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tcp_server(folder) as server:
        monkeypatch.setenv("MOLSTEER_QUEUE__REDIS_URL", server.url)
        soon = ("--until", "+6", "--margin-s", "3")
        worker = ("worker", "simulate", "--processes", "1", *soon)
        assert told(*worker, "--log-level", "info", "--quiet") == ("", "")
        for chosen, warned in (((), True), (("--log-level", "error"), False)):
            shown, log = told(*worker, *chosen)
            assert shown == ""
            assert "This worker takes tasks of simulate" in log
            assert ("its batch job ends soon" in log) == warned


def test_colours_are_for_terminals() -> None:
    assert COLOUR.search(on_terminal("doctor", "--only", "python"))
    assert "\x1b" not in "".join(told("doctor", "--only", "python"))


def test_colours_are_not_for_those_who_want_none() -> None:
    assert not COLOUR.search(on_terminal("doctor", "--only", "python", NO_COLOR="1"))
