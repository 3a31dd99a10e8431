"""What a service adds to the worker runtime: one function from a task's body to its result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from molsteer.shared.blobs.port import Blobs
from molsteer.shared.wire.blob import Placement
from molsteer.shared.wire.learning import Infer, Inferred, Predict, Predicted, Train, Trained
from molsteer.shared.wire.messages import Simulate, Simulated

Body = Simulate | Train | Predict | Infer
Value = Simulated | Trained | Predicted | Inferred

BodyT_contra = TypeVar("BodyT_contra", bound=Body, contravariant=True)
ValueT_co = TypeVar("ValueT_co", bound=Value, covariant=True)


@dataclass(frozen=True, slots=True)
class TaskContext:
    """What a handler may use besides the task's body.

    Attributes:
        blobs: Reads the task's large inputs and takes its large outputs.
        reply: Where large outputs go.
        scratch: An empty folder of the task's own, removed afterwards whatever happens.
        remaining_s: Wall-clock time left before the task's process is killed.
    """

    blobs: Blobs
    reply: Placement
    scratch: Path
    remaining_s: float


class Handler(Protocol[BodyT_contra, ValueT_co]):
    """Does one kind of task.

    A handler raises `TaskError` for failures that belong to the task; any other exception is
    reported as a failure with the code `defect`. It keeps no state that could change a result.
    """

    def __call__(self, body: BodyT_contra, context: TaskContext) -> ValueT_co:
        """Do the task.

        Raises:
            TaskError: If it cannot be done.
            BlobError: If its inputs are missing or damaged.
        """
        ...
