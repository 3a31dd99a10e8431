"""Handlers whose behaviour a test chooses through the molecule's name."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import billiard
from support.waiting import eventually

from molsteer.shared.errors import TaskError
from molsteer.shared.wire.learning import Train, Trained, TrainedMember
from molsteer.shared.wire.messages import Simulate, Simulated
from molsteer.shared.wire.properties import Quantity
from molsteer.shared.worker.port import TaskContext


class Unlucky(TaskError):
    """A failure that a test asked for."""

    code: ClassVar[str] = "unlucky"
    retryable: ClassVar[bool] = True

    def __init__(self, dice: int) -> None:
        super().__init__(f"The dice show {dice}.")
        self.dice = dice


def build() -> Callable[[Simulate, TaskContext], Simulated]:
    """Make a handler that reads `COMMAND ARGUMENT` and obeys."""
    return _obey


def build_nothing() -> Callable[[Simulate, TaskContext], Simulated]:
    """Fail to make a handler."""
    raise RuntimeError("There is no engine here.")


def _obey(body: Simulate, context: TaskContext) -> Simulated:
    command, _, argument = body.smiles.partition(" ")
    match command:
        case "echo":
            pass
        case "sleep":
            time.sleep(float(argument))
        case "mark":  # writes down that it began, then waits until the test says go
            _mark_and_wait(Path(argument))
        case "unlucky":
            raise Unlucky(int(argument))
        case "defect":
            raise ZeroDivisionError(argument)
        case "nothing":
            return None  # type: ignore[return-value]
        case "suicide":
            _note(Path(argument), os.getpid())
            os.kill(os.getpid(), signal.SIGKILL)
    records = context.blobs.put({"smiles": body.smiles}, "msgpack", context.reply)
    return Simulated(
        smiles=body.smiles,
        values={name: Quantity(value=10.0, unit=unit) for name, unit in body.wanted.items()},
        steps={"neutral": 1, "cation": 2},
        engine=f"test {os.getpid()}",
        records=records,
    )


def _mark_and_wait(folder: Path) -> None:
    child = subprocess.Popen(["sleep", "600"])
    _note(folder, os.getpid(), child.pid)
    eventually((folder / "go").exists, 600.0)
    child.kill()
    child.wait()


def _note(folder: Path, *pids: int) -> None:
    text = " ".join(str(pid) for pid in pids)
    started = folder / f"started-{time.time_ns()}"
    started.with_suffix(".part").write_text(text)
    started.with_suffix(".part").rename(started)


def build_trainer() -> Callable[[Train, TaskContext], Trained]:
    """Make a handler of another topic, which tells how its process was started."""
    return _train


def _train(body: Train, context: TaskContext) -> Trained:
    errors = (0.1,) * len(body.outputs)
    return Trained(
        generation=body.generation,
        members=tuple(
            TrainedMember(member=member, epochs=1, validation_mae=errors, stopped="epochs")
            for member in body.members
        ),
        validation_mae=errors,
        device=billiard.get_start_method(),
        weights=context.blobs.put(b"weights", "raw", context.reply),
    )
