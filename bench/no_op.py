"""Work that does nothing, for real workers: what is left is what queues and steering cost."""

from __future__ import annotations

import os
import time
from binascii import crc32
from collections.abc import Callable

from molsteer.shared.wire.blob import Inline
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.learning import Predict, Predicted
from molsteer.shared.wire.messages import Simulate, Simulated
from molsteer.shared.wire.properties import Quantity
from molsteer.shared.worker.port import TaskContext


def simulator() -> Callable[[Simulate, TaskContext], Simulated]:
    """Make a handler that gives every molecule a value that means nothing."""

    def simulate(body: Simulate, context: TaskContext) -> Simulated:
        values = {ADIABATIC_IP: Quantity(value=1.0 + crc32(body.smiles.encode()) % 10, unit="eV")}
        records = context.blobs.put({}, "msgpack", context.reply)
        return Simulated(smiles=body.smiles, values=values, engine="no-op", records=records)

    return simulate


def predictor() -> Callable[[Predict, TaskContext], Predicted]:
    """Make a handler that reads its data, and tells how much that was."""

    def predict(body: Predict, context: TaskContext) -> Predicted:
        size = str(len(context.blobs.raw(body.graphs))).encode()
        return Predicted(
            generation=body.generation,
            chunk=body.chunk,
            predictions=Inline(codec="raw", data=size),
            device="no-op",
        )

    return predict


def sleeper() -> Callable[[Simulate, TaskContext], Simulated]:
    """Make a handler whose tasks last as many seconds as the environment says."""
    lasting_s, simulate = float(os.environ["BENCH_LASTING_S"]), simulator()

    def sleep(body: Simulate, context: TaskContext) -> Simulated:
        time.sleep(lasting_s)
        return simulate(body, context)

    return sleep
