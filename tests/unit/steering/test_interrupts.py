"""Whoever steers for a while leaves the signals as they were."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from molsteer.steering.interrupts import counted, undisturbed

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
