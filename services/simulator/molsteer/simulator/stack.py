"""Room for engines that keep their arrays on the stack.

xtb-python needs more than 1 MiB of it for 200 atoms, and more with their square. Where there is
less, its process dies without a word. The limit that a shell sets holds for the first thread of a
process; other threads may have more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

_MIB = 1 << 20
_SIZES = tuple(size * _MIB for size in (1024, 256, 64, 16))
"""Bytes; only what is used takes memory, but a limit on address space counts all of it."""

_FoundT = TypeVar("_FoundT")


def on_large_stack(work: Callable[[], _FoundT]) -> _FoundT:
    """Do some work in a thread with as much stack as there can be, and wait for it.

    Raises:
        BaseException: Whatever the work raised.
    """
    found: list[_FoundT] = []
    raised: list[BaseException] = []

    context = copy_context()

    def do() -> None:
        try:
            found.append(context.run(work))
        except BaseException as error:
            raised.append(error)

    thread = _started(do)
    if thread is None:
        return work()
    thread.join()
    if raised:
        raise raised[0]
    return found[0]


def _started(work: Callable[[], None]) -> threading.Thread | None:
    for size in _SIZES:
        usual = threading.stack_size(size)
        try:
            # A daemon: whoever is told to end does not wait for it.
            thread = threading.Thread(target=work, name="simulation", daemon=True)
            thread.start()
        except RuntimeError:  # there is not that much address space
            continue
        else:
            return thread
        finally:
            threading.stack_size(usual)
    return None
