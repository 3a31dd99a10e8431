"""What the weights of an ensemble say about themselves, for those who do without the network.

Blobs hold arrays and nothing else, so the manifest is one too: its JSON as bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field, NonNegativeInt, PositiveInt, ValidationError, model_validator

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.graphs import ATOM_VOCABULARY, BOND_VOCABULARY
from molsteer.shared.wire.properties import Output

FORMAT: Final = 2
"""Raised whenever an older program could misread weights; format 1 did not say of what they are."""


class Architecture(Message):
    """Everything that decides which tensors an ensemble member has, and their shapes.

    Attributes:
        width: Features of each atom inside the network.
        layers: Rounds of message passing.
        outputs: Numbers predicted of each molecule.
        atom_vocabulary: Number of codes of each atom column.
        bond_vocabulary: Number of codes of each bond column.
    """

    width: PositiveInt
    layers: PositiveInt
    outputs: PositiveInt = 1
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
        outputs: What is predicted, in the order of the numbers.
        members: Numbers of the members, in the order of the arrays' first dimension.
        generation: The model update that trained them.
        seed: Seed of the campaign they were trained in.
    """

    format: Literal["molsteer-ensemble"] = "molsteer-ensemble"
    version: Literal[2] = FORMAT
    architecture: Architecture
    outputs: tuple[Output, ...] = Field(min_length=1)
    members: tuple[NonNegativeInt, ...] = Field(min_length=1)
    generation: PositiveInt
    seed: NonNegativeInt

    @model_validator(mode="after")
    def _check_outputs(self) -> Self:
        if self.architecture.outputs != len(self.outputs):
            raise ValueError("the architecture has another number of outputs")
        return self

    def differences(self, wanted: Sequence[Output]) -> list[str]:
        """Say what is predicted where it is not what is wanted; at most one phrase."""
        if self.outputs == tuple(wanted):
            return []
        return [f"they predict {listed(self.outputs)}, not {listed(wanted)}"]


class WrongFormat(ValueError):
    """Weights as another version of molsteer writes them."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"they are in format {found} of weights, and this molsteer reads format {FORMAT}"
        )


def listed(outputs: Sequence[Output]) -> str:
    """Name outputs for people, with their units."""
    return ", ".join(f"{output.key} / {output.unit or 'no unit'}" for output in outputs)


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
        WrongFormat: If another version of molsteer wrote them.
        ValueError: If there is no manifest, or none that this version can read; says why.
    """
    text = arrays.get(MANIFEST)
    if text is None:
        raise ValueError("they come without a manifest")
    try:
        manifest = Manifest.model_validate_json(text.tobytes())
    except ValidationError as error:
        found = _format_of(text.tobytes())
        if found not in (None, FORMAT):
            raise WrongFormat(found) from None
        places = ", ".join(".".join(map(str, item["loc"])) or "JSON" for item in error.errors())
        raise ValueError(f"their manifest cannot be read (at {places})") from None
    tensors = {
        name: array.astype(np.float32, copy=False)
        for name, array in arrays.items()
        if array.dtype == np.float32  # others are none of the network's
    }
    return manifest, tensors


class _AnyFormat(BaseModel):
    """What manifests of all versions have."""

    version: int


def _format_of(text: bytes) -> int | None:
    try:
        return _AnyFormat.model_validate_json(text).version
    except ValidationError:
        return None
