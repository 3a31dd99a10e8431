"""What ends a campaign from outside."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from molsteer.steering.interrupts import counted, tidy_up_on_terminate, undisturbed

pytestmark = pytest.mark.fast


@pytest.fixture
def hangup() -> Iterator[None]:
    """Restore what a hang-up does here."""
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("hangup")
def test_a_terminal_that_closes_asks_as_sigterm_does() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with counted() as interrupts:
        for number in (signal.SIGHUP, signal.SIGTERM):
            signal.raise_signal(number)
    assert interrupts.asked == 2
    tidy_up_on_terminate()
    for number, status in ((signal.SIGHUP, 129), (signal.SIGTERM, 143)):
        with pytest.raises(SystemExit) as ended:
            signal.raise_signal(number)
        assert ended.value.code == status


@pytest.mark.usefixtures("hangup")
def test_what_came_ignored_stays_so() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    tidy_up_on_terminate()
    with counted() as interrupts, undisturbed():
        signal.raise_signal(signal.SIGHUP)
    assert interrupts.asked == 0
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


@pytest.mark.usefixtures("hangup")
def test_a_terminal_that_closes_is_heard_once_processes_have_started() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with counted() as interrupts:
        with undisturbed():
            signal.raise_signal(signal.SIGHUP)
            assert interrupts.asked == 0
        assert interrupts.asked == 1
