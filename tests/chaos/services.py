"""Services whose work is arithmetic and takes its time, and who keep a journal of it.

The journal is the witness that neither Redis nor the ledger can bend: every execution adds a line
when it begins and another when it ends, by a clock that never jumps.
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from support import toy_services

from molsteer.shared.wire.learning import Infer, Inferred, Predict, Predicted, Train, Trained
from molsteer.shared.wire.messages import Simulate, Simulated
from molsteer.shared.worker.port import TaskContext

JOURNAL_VARIABLE = "CHAOS_JOURNAL"

_USUAL_S, _LONG_S = 0.02, 4.0
_ONE_IN = 50
"""One simulation out of so many takes long, longer than a lease."""


def simulator() -> Callable[[Simulate, TaskContext], Simulated]:
    """Make a handler that takes as long as the molecule's name says."""

    def simulate(body: Simulate, context: TaskContext) -> Simulated:
        with _journalled(f"simulate/{body.level.name}/{body.smiles}"):
            time.sleep(_LONG_S if zlib.crc32(body.smiles.encode()) % _ONE_IN == 0 else _USUAL_S)
            return toy_services.simulated(body, context.blobs, context.reply)

    return simulate


def trainer() -> Callable[[Train, TaskContext], Trained]:
    """Make a handler that learns nothing."""

    def train(body: Train, context: TaskContext) -> Trained:
        members = ",".join(map(str, body.members))
        with _journalled(f"train/{body.generation}/{members}"):
            time.sleep(10 * _USUAL_S)
            return toy_services.trained(body, context.blobs, context.reply)

    return train


def inferencer() -> Callable[[Infer | Predict, TaskContext], Inferred | Predicted]:
    """Make a handler that prefers molecules with few atoms."""
    infer = toy_services.inferencer()

    def journalled(body: Infer | Predict, context: TaskContext) -> Inferred | Predicted:
        with _journalled(_inference(body, context)):
            return infer(body, context)

    return journalled


def _inference(body: Infer | Predict, context: TaskContext) -> str:
    chunk = f"{body.generation}/{body.chunk}"
    if isinstance(body, Infer):
        return f"infer/{chunk}"
    members = context.blobs.arrays(body.weights)["members"]
    return f"predict/{chunk}/{','.join(map(str, members))}"


@contextmanager
def _journalled(work: str) -> Iterator[None]:
    began_s = time.monotonic()
    _write(f"{work} {os.getpid()} began {began_s}\n")
    yield
    _write(f"{work} {os.getpid()} ended {time.monotonic()}\n")


def _write(line: str) -> None:
    # One write of a line to the end of a file is never torn, whoever else writes.
    with Path(os.environ[JOURNAL_VARIABLE]).open("ab", buffering=0) as journal:
        journal.write(line.encode())
