"""The command around the commands."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from importlib.metadata import EntryPoint, entry_points
from inspect import cleandoc

import click
import pytest

from molsteer.shared.cli import main as cli

pytestmark = pytest.mark.fast


def status_of(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr(sys, "argv", ["molsteer", *arguments])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return left.value.code or 0


@pytest.mark.parametrize("arguments", [("-h",), ("--help",), ("--version",), ("version", "-h")])
def test_what_only_tells_something_ends_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert status_of(monkeypatch, *arguments) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (click.exceptions.Exit(7), 7),
        (KeyboardInterrupt(), 130),
        (click.UsageError("No."), 2),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "run/report.md"), 2),
        (NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), "file/folder"), 2),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), 2),
    ],
)
def test_every_end_of_a_command_has_its_status(
    monkeypatch: pytest.MonkeyPatch, end: BaseException, status: int
) -> None:
    @click.command()
    def command() -> None:
        raise end

    monkeypatch.setattr(cli.InstalledCommands, "get_command", lambda *_: command)
    assert status_of(monkeypatch, "command") == status


def test_a_file_system_that_refuses_is_told_with_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def command() -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "run/report.md")

    monkeypatch.setattr(cli.InstalledCommands, "get_command", lambda *_: command)
    status_of(monkeypatch, "command")
    assert capsys.readouterr().err == (
        "molsteer: run/report.md cannot be used: Permission denied. "
        "Check permissions and free space.\n"
    )


def test_a_defect_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def command() -> None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "data/table")

    monkeypatch.setattr(cli.InstalledCommands, "get_command", lambda *_: command)
    monkeypatch.setattr(sys, "argv", ["molsteer", "command"])
    with pytest.raises(FileNotFoundError):
        cli.main()


LIST_COMMANDS = """
import sys
from molsteer.shared.cli.main import main
try:
    main()
except SystemExit:
    sys.exit([name for name in ("pydantic", "numpy", "celery", "rich") if name in sys.modules])
"""


@pytest.mark.parametrize("argument", ["--help", "version"])
def test_a_short_answer_imports_no_large_library(argument: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIST_COMMANDS, argument], capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == "[]"


def test_every_command_is_listed_with_what_it_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status_of(monkeypatch, "--help")
    listed = " ".join(capsys.readouterr().out.split())
    for point in entry_points(group="molsteer.commands"):
        command: click.Command = point.load()
        assert f" {point.name} {(command.help or '').partition(chr(10))[0]}" in listed


@pytest.mark.parametrize("point", entry_points(group="molsteer.commands"), ids=lambda p: p.name)
def test_every_command_gives_an_example(point: EntryPoint) -> None:
    command: click.Command = point.load()
    leaves = command.commands.values() if isinstance(command, click.Group) else [command]
    for leaf in leaves:
        assert "\b\nExample" in cleandoc(leaf.help or ""), leaf.name
        described = [option for option in leaf.params if isinstance(option, click.Option)]
        assert all(option.help for option in described), leaf.name
