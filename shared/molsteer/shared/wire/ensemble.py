"""What the weights of an ensemble say about themselves, for those who do without the network.

Blobs hold arrays and nothing else, so the manifest is one too: its JSON as bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, NonNegativeInt, PositiveInt, ValidationError

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.graphs import ATOM_VOCABULARY, BOND_VOCABULARY


class Architecture(Message):
    """Everything that decides which tensors an ensemble member has, and their shapes.

    Attributes:
        width: Features of each atom inside the network.
        layers: Rounds of message passing.
        atom_vocabulary: Number of codes of each atom column.
        bond_vocabulary: Number of codes of each bond column.
    """

    width: PositiveInt
    layers: PositiveInt
    atom_vocabulary: tuple[PositiveInt, ...] = ATOM_VOCABULARY
    bond_vocabulary: tuple[PositiveInt, ...] = BOND_VOCABULARY

    def differences(self, wanted: Self) -> list[str]:
        """Say, one phrase for each field, where this architecture is not the wanted one."""
        return [
            f"{name} is {found}, not {expected}"
            for name, found in self
            if found != (expected := getattr(wanted, name))
        ]


class Manifest(Message):
    """What the arrays beside it are.

    Attributes:
        members: Numbers of the members, in the order of the arrays' first dimension.
        generation: The model update that trained them.
        seed: Seed of the campaign they were trained in.
    """

    format: Literal["molsteer-ensemble"] = "molsteer-ensemble"
    version: Literal[1] = 1
    architecture: Architecture
    members: tuple[NonNegativeInt, ...] = Field(min_length=1)
    generation: PositiveInt
    seed: NonNegativeInt


MANIFEST = "manifest"
"""Name of the array that holds the manifest."""

Tensors = Mapping[str, npt.NDArray[np.float32]]
"""Parameters and buffers by name; the first dimension is the member."""

CURRENT_VOCABULARIES = Architecture(width=1, layers=1).model_dump(
    include={"atom_vocabulary", "bond_vocabulary"}
)


def to_arrays(manifest: Manifest, tensors: Tensors) -> dict[str, npt.NDArray[np.generic]]:
    """Write a manifest among the tensors it describes."""
    text = manifest.model_dump_json().encode()
    return {**tensors, MANIFEST: np.frombuffer(text, dtype=np.uint8)}


def from_arrays(arrays: Mapping[str, npt.NDArray[np.generic]]) -> tuple[Manifest, Tensors]:
    """Tell manifest and tensors apart, whether or not they fit each other.

    Raises:
        ValueError: If there is no manifest, or none that this version can read; says why.
    """
    text = arrays.get(MANIFEST)
    if text is None:
        raise ValueError("they come without a manifest")
    try:
        manifest = Manifest.model_validate_json(text.tobytes())
    except ValidationError as error:
        places = ", ".join(".".join(map(str, item["loc"])) or "JSON" for item in error.errors())
        raise ValueError(f"their manifest cannot be read (at {places})") from None
    tensors = {
        name: array.astype(np.float32, copy=False)
        for name, array in arrays.items()
        if array.dtype == np.float32  # others are none of the network's
    }
    return manifest, tensors
