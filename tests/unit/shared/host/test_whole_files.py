"""A file that is written is there whole, or as it was before."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from molsteer.shared.host.files.whole_files import write_whole

pytestmark = pytest.mark.fast


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "report.md"
    for data in (b"one", b"two"):
        assert write_whole(file, data) == file
        assert file.read_bytes() == data
    assert list(tmp_path.iterdir()) == [file]


def test_others_may_do_with_a_file_what_they_are_meant_to(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_whole(tmp_path / "request.json", b"{}", mode=0o644)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "request.json").stat().st_mode) == 0o644


def test_what_was_there_stays_until_the_disk_has_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.json"
    write_whole(file, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("molsteer.shared.host.files.whole_files.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(file, b"new")
    assert file.read_bytes() == b"old"
