"""Files with secrets are read if they are for one pair of eyes, and written so."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.foreign_text import shell_word
from molsteer.shared.host.files.private_files import read_password, read_private, write_private

pytestmark = pytest.mark.fast


def test_what_was_written_is_private_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    for text in ("one\n", "two\n"):
        write_private(file, text)
        assert read_private(file) == text
        assert read_password(file) == text.strip()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_any_right_of_others_is_too_much(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "secret"
    write_private(file, "hunter2")
    file.chmod(mode)
    cure = re.escape(f"chmod 600 {shell_word(file)}")
    with pytest.raises(ServiceUnavailable, match=f"mode {mode:o}.*{cure}") as told:
        read_private(file)
    assert "hunter2" not in str(told.value)


def test_what_is_no_file_of_ours_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, sentence in (
        ("pipe", "not a regular file"),
        (".", "cannot be read"),
        ("missing", "No such file"),
    ):
        with pytest.raises(ServiceUnavailable, match=sentence):
            read_private(tmp_path / name)
    write_private(tmp_path / "secret", "secret")
    monkeypatch.setattr("os.geteuid", lambda: 54321)
    with pytest.raises(ServiceUnavailable, match="belongs to another user"):
        read_private(tmp_path / "secret")


@pytest.mark.parametrize("text", ["", "\n", "two\nlines\n", "tab\t"])
def test_a_password_is_one_line_of_text(tmp_path: Path, text: str) -> None:
    write_private(tmp_path / "password", text)
    with pytest.raises(ServiceUnavailable, match="not one line of text"):
        read_password(tmp_path / "password")


def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name, reason in (("missing/secret", "No such file"), ("folder", "Is a directory")):
        with pytest.raises(ServiceUnavailable, match=f"cannot be written .{reason}"):
            write_private(tmp_path / name, "secret")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff")
    (tmp_path / "secret").chmod(0o600)
    with pytest.raises(ServiceUnavailable, match="not UTF-8"):
        read_private(tmp_path / "secret")
