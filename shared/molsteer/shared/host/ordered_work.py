"""Work for several processes whose results come back in its order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from typing import TypeVar

from molsteer.shared.host.interrupts import undisturbed
from molsteer.shared.host.threads import hold_to_one_thread

_AHEAD = 4
_FEW = 6
"""As many pieces of about a second are done before new processes have begun."""

_KeyT = TypeVar("_KeyT")
_WorkT = TypeVar("_WorkT")
_ResultT = TypeVar("_ResultT")


def in_order(
    do: Callable[[_WorkT], _ResultT], work: Iterable[tuple[_KeyT, _WorkT]], processes: int
) -> Iterator[tuple[_KeyT, _ResultT]]:
    """Do pieces of work in several processes, and give each result with the key of its piece.

    Only a few pieces for each process are taken ahead; a few in all are not worth a process.

    Raises:
        BrokenProcessPool: If one of the processes died.
    """
    work = iter(work)
    first = list(islice(work, _FEW))
    work = chain(first, work)
    if processes == 1 or len(first) < _FEW:
        yield from ((key, do(piece)) for key, piece in work)
        return
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=_follow_parent
    )
    pending: deque[tuple[_KeyT, Future[_ResultT]]] = deque()
    try:
        for key, piece in work:
            with undisturbed():  # the pool starts processes as work arrives
                pending.append((key, pool.submit(do, piece)))
            if len(pending) > _AHEAD * processes:
                yield _oldest(pending)
        while pending:
            yield _oldest(pending)
    finally:
        pool.shutdown(cancel_futures=True)


def _oldest(pending: deque[tuple[_KeyT, Future[_ResultT]]]) -> tuple[_KeyT, _ResultT]:
    key, future = pending.popleft()
    return key, future.result()


def _follow_parent() -> None:
    """Leave interrupts and hang-ups to the parent, and end when it ends, even if it is killed.

    Processes fill the cores, not threads; this comes before anything loads numerical libraries.
    """
    hold_to_one_thread()
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
