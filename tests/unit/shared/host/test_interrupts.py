"""Whoever steers for a while leaves the signals as they were."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from molsteer.shared.host.interrupts import counted, tidy_up_on_terminate, undisturbed

pytestmark = pytest.mark.fast

HEARD = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    def ignore(_number: int, _frame: object) -> None:
        pass

    before = {number: signal.signal(number, ignore) for number in HEARD}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("made", [counted, undisturbed])
def test_afterwards_signals_are_handled_as_before(
    made: Callable[[], AbstractContextManager[object]],
) -> None:
    before = [signal.getsignal(number) for number in HEARD]
    with made():
        assert [signal.getsignal(number) for number in HEARD] != before
    assert [signal.getsignal(number) for number in HEARD] == before
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()) & {*HEARD}


@pytest.mark.parametrize("number", HEARD)
def test_a_signal_waits_while_processes_start_and_is_heard_afterwards(number: int) -> None:
    heard: list[int] = []
    signal.signal(number, lambda number, _frame: heard.append(number))
    with undisturbed():
        os.kill(os.getpid(), number)
        assert heard == []
    assert heard == [number]


@pytest.mark.parametrize("number", HEARD)
def test_the_first_request_to_stop_is_told_once_and_the_second_ends_at_once(number: int) -> None:
    with counted() as interrupts:
        assert not interrupts.take_first()
        signal.raise_signal(number)
        assert interrupts.take_first()
        assert not interrupts.take_first()
        assert not interrupts.at_once
        signal.raise_signal(number)
        assert interrupts.at_once


def test_outside_of_the_main_thread_nothing_is_changed() -> None:
    before, inside = [signal.getsignal(number) for number in HEARD], []

    def start() -> None:
        with undisturbed():
            inside.extend(signal.getsignal(number) for number in HEARD)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert inside == before


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
