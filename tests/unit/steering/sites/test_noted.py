"""Files that tell of blocks, which several commands read and remove side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from molsteer.shared.errors import UnusableFile
from molsteer.steering.sites.schedulers.noted import NotedBlock, Notes

pytestmark = pytest.mark.fast

BLOCK = NotedBlock(topic="simulate", name="block", at=1.0)


def test_what_was_noted_is_read_until_it_is_removed(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "blocks", NotedBlock)
    assert list(notes.read()) == []
    notes.write("2", BLOCK)
    notes.write("1", BLOCK)
    assert list(notes.read()) == [("1", BLOCK), ("2", BLOCK)]
    notes.remove("1")
    notes.remove("1")
    assert list(notes.read()) == [("2", BLOCK)]


def test_what_another_command_removes_meanwhile_is_not_there(tmp_path: Path) -> None:
    notes = Notes(tmp_path, NotedBlock)
    for number in "123":
        notes.write(number, BLOCK)
    found = []
    for number, _ in notes.read():
        notes.remove("2")
        found.append(number)
    assert found == ["1", "3"]


def test_a_note_that_others_could_have_written_is_not_believed(tmp_path: Path) -> None:
    notes = Notes(tmp_path, NotedBlock)
    notes.write("1", BLOCK)
    (tmp_path / "1").chmod(0o666)
    with pytest.raises(UnusableFile, match="others may use it"):
        list(notes.read())
