"""What members predict for a chunk, on its way between those who predict and those who score."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from molsteer.shared.blobs.port import Arrays, Blobs
from molsteer.shared.errors import BlobCorrupt, BlobError
from molsteer.shared.wire.learning import Infer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Predictions:
    """What some members of the ensemble predict.

    Attributes:
        members: Their numbers, shape (members,).
        values: In the units of the outputs, shape (members, outputs, molecules of the chunk).
    """

    members: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]

    @classmethod
    def from_arrays(cls, arrays: Arrays, chunk: int, outputs: int, molecules: int) -> Predictions:
        """Take predictions out of named arrays, as `to_arrays` gives them.

        Raises:
            BlobCorrupt: If they are not a finite number for each of so many outputs and molecules.
        """
        members, values = arrays.get("member"), arrays.get("value")
        if members is None or members.dtype != np.int64 or members.ndim != 1:
            raise BlobCorrupt(f"chunk {chunk}", "its predictions name no members")
        if values is None or values.dtype != np.float32:
            raise BlobCorrupt(f"chunk {chunk}", "its predictions have no values")
        if values.shape != (len(members), outputs, molecules) or not np.isfinite(values).all():
            raise BlobCorrupt(
                f"chunk {chunk}", "its predictions are not of all outputs and molecules"
            )
        return cls(members.view(np.int64), values.view(np.float32))

    def to_arrays(self) -> Arrays:
        """Give the predictions as named arrays."""
        return {"member": self.members, "value": self.values}


def in_order(parts: Iterable[Predictions]) -> npt.NDArray[np.float32]:
    """Put predictions together in the order of the members, whoever made them.

    Returns:
        Values in the units of the outputs, shape (members, outputs, molecules).
    """
    members, values = zip(*((part.members, part.values) for part in parts), strict=True)
    order = np.argsort(np.concatenate(members), kind="stable")
    ordered: npt.NDArray[np.float32] = np.concatenate(values)[order]
    return ordered


def made_already(body: Infer, molecules: int, blobs: Blobs) -> dict[int, Predictions]:
    """Read the predictions that come with a task, by the place of their weights.

    Those that are missing are left out, because they can be made again.
    """
    made = {}
    for place, blob in zip(range(len(body.weights)), body.predicted, strict=False):
        if blob is None:
            continue
        try:
            made[place] = Predictions.from_arrays(
                blobs.arrays(blob), body.chunk, len(body.outputs), molecules
            )
        except BlobError as error:
            log.warning("Predicted once more: %s", error)
    return made
