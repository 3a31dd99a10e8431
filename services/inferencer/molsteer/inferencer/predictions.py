"""What members predict for a chunk, on its way between those who predict and those who score."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from molsteer.shared.blobs.port import Arrays, Blobs
from molsteer.shared.errors import BlobCorrupt, BlobError
from molsteer.shared.wire.learning import Infer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Predictions:
    """What some members predict.

    Attributes:
        members: Their numbers, shape (members,).
        values: In the units of the outputs, shape (members, outputs, molecules of the chunk).
        spread: Standard deviation that each member gives itself, likewise; None where the
            members' disagreement alone tells.
    """

    members: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]
    spread: npt.NDArray[np.float32] | None = None

    @classmethod
    def from_arrays(cls, arrays: Arrays, chunk: int, outputs: int, molecules: int) -> Predictions:
        """Take predictions out of named arrays, as `to_arrays` gives them.

        Raises:
            BlobCorrupt: If they are not a finite number for each of so many outputs and molecules.
        """
        members, values = arrays.get("member"), arrays.get("value")
        if members is None or members.dtype != np.int64 or members.ndim != 1:
            raise BlobCorrupt(f"chunk {chunk}", "its predictions name no members")
        values = _checked(values, chunk, (len(members), outputs, molecules))
        spread = arrays.get("spread")
        if spread is not None:
            spread = _checked(spread, chunk, values.shape)
        return cls(members.view(np.int64), values, spread)

    def to_arrays(self) -> Arrays:
        """Give the predictions as named arrays."""
        own = {} if self.spread is None else {"spread": self.spread}
        return {"member": self.members, "value": self.values, **own}


def in_order(parts: Sequence[Predictions]) -> Predictions:
    """Put predictions of one kind together in the order of the members, whoever made them."""
    members = np.concatenate([part.members for part in parts])
    order = np.argsort(members, kind="stable")
    spreads = [part.spread for part in parts if part.spread is not None]
    return Predictions(
        members[order],
        np.concatenate([part.values for part in parts])[order],
        np.concatenate(spreads)[order] if len(spreads) == len(parts) else None,
    )


def _checked(
    numbers: npt.NDArray[np.generic] | None, chunk: int, shape: tuple[int, ...]
) -> npt.NDArray[np.float32]:
    if numbers is None or numbers.dtype != np.float32:
        raise BlobCorrupt(f"chunk {chunk}", "its predictions have no values")
    if numbers.shape != shape or not np.isfinite(numbers).all():
        raise BlobCorrupt(f"chunk {chunk}", "its predictions are not of all outputs and molecules")
    return numbers.view(np.float32)


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
