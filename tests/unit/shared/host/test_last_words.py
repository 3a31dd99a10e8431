"""Where the machine ends the program, its last words name the cause."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import threading
from multiprocessing.context import BaseContext
from typing import NoReturn

import click
import pytest

from molsteer.shared.cli import main as cli
from molsteer.shared.doctor.check import Check
from molsteer.shared.doctor.examination import examine
from molsteer.shared.doctor.machine import look_at_shared_memory
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.host.last_words import check_shared_memory

pytestmark = pytest.mark.fast

READ_ONLY = OSError(errno.EROFS, os.strerror(errno.EROFS))


class Ending:
    """A command that ends with an error, and what is told then."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def of(self, error: BaseException) -> tuple[object, str]:
        @click.command()
        def command() -> None:
            raise error

        self._monkeypatch.setattr(cli.InstalledCommands, "get_command", lambda *_: command)
        self._monkeypatch.setattr(sys, "argv", ["molsteer", "command"])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return left.value.code, self._capsys.readouterr().err


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ending:
    return Ending(monkeypatch, capsys)


def refuse_thread(_thread: threading.Thread) -> NoReturn:
    raise RuntimeError("can't start new thread")


def refuse_lock(_context: BaseContext) -> NoReturn:
    raise READ_ONLY


def test_an_interruption_that_the_process_limit_caused_is_told_as_such(
    ending: Ending, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ending.of(KeyboardInterrupt()) == (130, "\nmolsteer: interrupted.\n")
    monkeypatch.setattr(threading.Thread, "start", refuse_thread)
    status, told = ending.of(KeyboardInterrupt())
    assert status == 2
    assert "No further process or thread can be started (ulimit -u" in told


@pytest.mark.parametrize(
    "error",
    [
        BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)),
        OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)),
        RuntimeError("can't start new thread"),
    ],
)
def test_a_process_that_cannot_be_started_is_told_with_its_limit(
    ending: Ending, error: BaseException
) -> None:
    status, told = ending.of(error)
    assert status == 2
    assert "No further process or thread can be started (ulimit -u" in told


def test_no_folder_for_temporary_files_is_told_with_those_that_were_tried(
    ending: Ending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc/no-such"])
    with pytest.raises(FileNotFoundError) as missing:
        tempfile.gettempdir()
    status, told = ending.of(missing.value)
    assert status == 2
    assert "['/proc/no-such']. Set TMPDIR to a folder that you may write" in told


def test_shared_memory_that_is_missing_is_named_instead_of_no_file(
    ending: Ending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BaseContext, "Lock", refuse_lock)
    status, told = ending.of(READ_ONLY)
    assert status == 2
    assert "Shared memory at /dev/shm cannot be used: Read-only file system." in told


def test_a_worker_looks_for_shared_memory_before_it_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check_shared_memory()
    monkeypatch.setattr(BaseContext, "Lock", refuse_lock)
    with pytest.raises(ServiceUnavailable, match="Shared memory at"):
        check_shared_memory()
    (finding,) = examine(Check("shared-memory", look_at_shared_memory))
    assert finding.result == "problem"


@pytest.mark.parametrize("error", [EOFError(), RuntimeError("A defect.")])
def test_a_defect_is_no_interruption(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    @click.command()
    def command() -> None:
        raise error

    monkeypatch.setattr(cli.InstalledCommands, "get_command", lambda *_: command)
    monkeypatch.setattr(sys, "argv", ["molsteer", "command"])
    with pytest.raises(type(error)):
        cli.main()
