"""What a large campaign has to be read for is kept, and read anew when it has gone on."""

from __future__ import annotations

import threading

import pytest
from support.waiting import PATIENCE_S, eventually

from molsteer.steering.dashboard.kept import EVERY_S, Kept

pytestmark = pytest.mark.fast


class Source:
    """Something that changes, and that may take long to read or fail."""

    def __init__(self) -> None:
        self.mark, self.now, self.readings = 0, 0.0, 0
        self.go_on = threading.Event()
        self.go_on.set()
        self.error: Exception | None = None

    def read(self) -> int:
        self.readings += 1
        self.go_on.wait()
        if self.error:
            raise self.error
        return self.mark

    def kept(self) -> Kept[int]:
        return Kept(self.read, lambda: self.mark, lambda: self.now)


def test_what_has_not_changed_is_read_once() -> None:
    source = Source()
    kept = source.kept()
    for _ in range(3):
        assert kept.look(PATIENCE_S) == 0
        source.now += 100.0
    assert source.readings == 1


def test_what_has_changed_is_read_again_but_not_all_the_time() -> None:
    source = Source()
    kept = source.kept()
    assert kept.look(PATIENCE_S) == 0
    source.mark = 1
    assert kept.look(PATIENCE_S) == 0
    source.now += EVERY_S
    assert kept.look(PATIENCE_S) == 1
    assert source.readings == 2


def test_nobody_waits_long_for_what_takes_long() -> None:
    source = Source()
    source.go_on.clear()
    kept = source.kept()
    assert kept.look(0.01) is None
    source.go_on.set()
    assert eventually(lambda: kept.look(0.01) is not None)
    source.go_on.clear()
    source.mark, source.now = 5, 100.0
    assert kept.look(0.01) == 0  # what was read before, while it is read anew
    eventually(lambda: source.readings == 2)
    source.go_on.set()
    assert eventually(lambda: kept.look(0.01) == 5)


def test_what_cannot_be_read_is_told_and_tried_again() -> None:
    source = Source()
    source.error = OSError("gone")
    kept = source.kept()
    with pytest.raises(OSError, match="gone"):
        kept.look(PATIENCE_S)
    source.error, source.now = None, 100.0
    assert kept.look(PATIENCE_S) == 0
