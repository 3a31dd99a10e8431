"""What a surrogate on features says about itself, among the arrays that it is made of.

Blobs hold arrays and nothing else, so the manifest is one too: its JSON as bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, NonNegativeInt, PositiveInt, ValidationError

from molsteer.shared.blobs.port import Arrays
from molsteer.shared.ml.errors import MissingFeatures, UnusableWeights, WrongFeatures
from molsteer.shared.wire.arrays.features import FEATURES, Features
from molsteer.shared.wire.base import Message
from molsteer.shared.wire.ensemble import MANIFEST
from molsteer.shared.wire.properties import Output

FORMAT: Final = 1
"""Raised whenever an older program could misread the arrays."""

_OF = "surrogate"

Floats = npt.NDArray[np.floating]


class OnFeatures(Message):
    """What the arrays beside it are.

    Attributes:
        surrogate: What they make up.
        features: Version of the features that it was trained on.
        descriptors, electronic: How many of these each molecule has.
        outputs: What is predicted, in the order of the numbers.
        model: Which of the models in the arrays tells each output; two outputs may share one.
        shift: What is added to a model's values for each output, in its unit.
        base: Output of which each output is a correction, None where its model tells all of it; no
            output at all where none is one.
        slope: What the base's value is multiplied with before it is added.
        member: Its number among all members of an update.
        generation: The model update that trained it.
        seed: Seed of the campaign it was trained in.
    """

    format: Literal["molsteer-on-features"] = "molsteer-on-features"
    version: Literal[1] = FORMAT
    surrogate: Literal["gp", "trees"]
    features: PositiveInt = FEATURES
    descriptors: NonNegativeInt
    electronic: NonNegativeInt
    outputs: tuple[Output, ...] = Field(min_length=1)
    model: tuple[NonNegativeInt, ...]
    shift: tuple[float, ...]
    base: tuple[NonNegativeInt | None, ...] = ()
    slope: tuple[float, ...] = ()
    member: NonNegativeInt
    generation: PositiveInt
    seed: NonNegativeInt

    def complete(self, value: Floats, spread: Floats) -> None:
        """Add what outputs are corrections of, in place; a base is never a correction itself.

        Args:
            value: By their own models, shifted, the outputs first.
            spread: Standard deviations, likewise; those of base and correction are independent.
        """
        for output, (base, slope) in enumerate(zip(self.base, self.slope, strict=True)):
            if base is not None:
                value[output] += slope * value[base]
                spread[output] = np.hypot(spread[output], slope * spread[base])

    def reading(self, features: Features | None) -> Features:
        """Give molecules' features, if they are such as it was trained on.

        Raises:
            MissingFeatures: If there are none.
            WrongFeatures: If there are more or fewer of them.
        """
        if features is None:
            raise MissingFeatures(self.surrogate)
        found = features.descriptors.shape[1], features.electronic.shape[1]
        if found != (wanted := (self.descriptors, self.electronic)):
            raise WrongFeatures(_compared(*found), _compared(*wanted))
        return features


def write(manifest: OnFeatures, arrays: Arrays) -> dict[str, npt.NDArray[np.generic]]:
    """Put a manifest among the arrays it describes."""
    text = manifest.model_dump_json().encode()
    return {**arrays, MANIFEST: np.frombuffer(text, dtype=np.uint8)}


def read(arrays: Arrays, surrogate: str) -> OnFeatures:
    """Find the manifest among arrays.

    Raises:
        UnusableWeights: If there is none that this version can read, or it is of another surrogate.
        WrongFeatures: If this version of the program computes other features.
    """
    text = arrays.get(MANIFEST)
    if text is None:
        raise UnusableWeights("they come without a manifest.", _OF)
    try:
        manifest = OnFeatures.model_validate_json(text.tobytes())
    except ValidationError as error:
        places = ", ".join(".".join(map(str, item["loc"])) or "JSON" for item in error.errors())
        raise UnusableWeights(f"their manifest cannot be read (at {places}).", _OF) from None
    if manifest.surrogate != surrogate:
        raise UnusableWeights(f"they are of the surrogate {manifest.surrogate!r}.", _OF)
    if len(manifest.model) != len(manifest.outputs) or len(manifest.shift) != len(manifest.outputs):
        raise UnusableWeights("their manifest tells of more or fewer outputs than it names.", _OF)
    if not _bases_are_whole(manifest):
        raise UnusableWeights("their manifest corrects outputs that are not whole.", _OF)
    if manifest.features != FEATURES:
        raise WrongFeatures(f"version {FEATURES}", f"version {manifest.features}")
    return manifest


def _bases_are_whole(manifest: OnFeatures) -> bool:
    bases, slopes, outputs = manifest.base, manifest.slope, len(manifest.outputs)
    if not bases:
        return not slopes
    return len(bases) == len(slopes) == outputs and all(
        base is None or (base < outputs and bases[base] is None) for base in bases
    )


def taken(
    arrays: Arrays, name: str, kind: type[np.generic], shape: Sequence[int | None]
) -> npt.NDArray[np.generic]:
    """Take one array, of a shape in which None stands for any number.

    Raises:
        UnusableWeights: If it is missing, is of another type or shape, or has a number that is
            not finite.
    """
    array = arrays.get(name)
    if array is None or array.dtype != kind:
        found = "missing" if array is None else f"of type {array.dtype}"
        raise UnusableWeights(f"the array {name!r} is {found}.", _OF)
    fits = len(array.shape) == len(shape) and all(
        wanted in (None, size) for size, wanted in zip(array.shape, shape, strict=True)
    )
    if not fits or not np.isfinite(array).all():
        raise UnusableWeights(
            f"the array {name!r} has another shape, or numbers that are none.", _OF
        )
    return array


def _compared(descriptors: int, electronic: int) -> str:
    return f"{descriptors} descriptors and {electronic} electronic ones"
