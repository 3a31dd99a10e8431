"""The work of the building processes: batches of SMILES to graphs, names and reasons."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import chain, islice

from rdkit import rdBase

from molsteer.shared.host.interrupts import undisturbed
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.steering.space.admission import Admission, Change
from molsteer.steering.space.admitting import admit
from molsteer.steering.space.errors import SpaceError
from molsteer.steering.space.featurize import pack
from molsteer.steering.space.files.sources import Row
from molsteer.steering.space.molecules import Reason

_BATCHES_AHEAD = 4
_BATCHES_AT_HAND = 6
"""As many batches of 1,000 are done before new processes have loaded RDKit."""


@dataclass(frozen=True, slots=True)
class Digested:
    """What became of a batch of rows.

    Attributes:
        graphs: Graphs of the usable rows.
        smiles: Canonical isomeric SMILES of the usable rows, their identities; ASCII.
        charges: Charges of the usable rows.
        changes: For each usable row how its molecule differs from what was written, if it does.
        reasons: For each row None where it is usable, else the reason why not.
    """

    graphs: PackedGraphs
    smiles: list[bytes]
    charges: list[int]
    changes: list[Change | None]
    reasons: list[Reason | None]


def digest(smiles: Sequence[str], admission: Admission) -> Digested:
    """Parse, name and featurize a batch of SMILES."""
    with rdBase.BlockLogs():
        found = [admit(text, admission) for text in smiles]
        usable = [item for item in found if not isinstance(item, Reason)]
        return Digested(
            graphs=pack([item.molecule for item in usable]),
            smiles=[item.smiles.encode("ascii") for item in usable],
            charges=[item.charge for item in usable],
            changes=[item.change for item in usable],
            reasons=[item if isinstance(item, Reason) else None for item in found],
        )


def digest_all(
    batches: Iterable[list[Row]], processes: int, admission: Admission
) -> Iterator[tuple[list[Row], Digested]]:
    """Digest batches in several processes; they come back in their order.

    Only a few batches for each process are read ahead; a few in all are not worth a process.

    Raises:
        SpaceError: If one of the processes died.
    """
    batches = iter(batches)
    first = list(islice(batches, _BATCHES_AT_HAND))
    batches = chain(first, batches)
    if processes == 1 or len(first) < _BATCHES_AT_HAND:
        yield from ((rows, digest([row.smiles for row in rows], admission)) for rows in batches)
        return
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=_follow_parent
    )
    pending: deque[tuple[list[Row], Future[Digested]]] = deque()
    try:
        for rows in batches:
            with undisturbed():  # the pool starts processes as work arrives
                smiles = [row.smiles for row in rows]
                pending.append((rows, pool.submit(digest, smiles, admission)))
            if len(pending) > _BATCHES_AHEAD * processes:
                yield _oldest(pending)
        while pending:
            yield _oldest(pending)
    except BrokenProcessPool as error:
        raise SpaceError(
            "A process that reads molecules died, perhaps for lack of memory. "
            "Build the space again with fewer of them: --processes 1."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _oldest(pending: deque[tuple[list[Row], Future[Digested]]]) -> tuple[list[Row], Digested]:
    rows, future = pending.popleft()
    return rows, future.result()


def _follow_parent() -> None:
    """Leave interrupts and hang-ups to the parent, and end when it ends, even if it is killed."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
