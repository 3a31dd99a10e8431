"""Weights of ensemble members as named arrays, with a manifest that says what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from molsteer.shared.blobs.port import Arrays
from molsteer.shared.ml.errors import UnusableWeights, WrongArchitecture
from molsteer.shared.ml.network import Ensemble
from molsteer.shared.wire.ensemble import (
    CURRENT_VOCABULARIES,
    Manifest,
    Tensors,
    from_arrays,
    to_arrays,
)


@dataclass(frozen=True, slots=True)
class EnsembleWeights:
    """Weights of some members, outside of any network.

    Attributes:
        tensors: Every parameter and buffer by name; float32, the first dimension is the member.
    """

    manifest: Manifest
    tensors: Tensors

    @classmethod
    def of(cls, ensemble: Ensemble, manifest: Manifest) -> EnsembleWeights:
        """Copy the weights out of a network."""
        state = ensemble.state_dict()
        return cls(manifest, {name: tensor.cpu().numpy().copy() for name, tensor in state.items()})

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> EnsembleWeights:
        """Take weights out of named arrays, checking them against their manifest.

        Raises:
            UnusableWeights: If there is no manifest, or a number among them is not finite.
            WrongArchitecture: If they are not all tensors of the network they claim to be, or
                this version of the program reads molecules otherwise.
        """
        try:
            manifest, tensors = from_arrays(arrays)
        except ValueError as error:
            raise UnusableWeights(f"{error}.") from None
        wanted = manifest.architecture.model_copy(update=CURRENT_VOCABULARIES)
        differences = manifest.architecture.differences(wanted) or _misfits(manifest, tensors)
        if differences:
            raise WrongArchitecture(differences)
        if not all(np.isfinite(tensor).all() for tensor in tensors.values()):
            raise UnusableWeights("some of their numbers are not finite.")
        return cls(manifest, tensors)

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Give the weights as named arrays, as `from_arrays` takes them."""
        return to_arrays(self.manifest, self.tensors)

    def select(self, members: Sequence[int]) -> EnsembleWeights:
        """Take the members of the given numbers, in that order.

        Raises:
            UnusableWeights: If one of them is not here.
        """
        absent = sorted(set(members) - set(self.manifest.members))
        if absent:
            raise UnusableWeights(f"they hold members {self.manifest.members}, but not {absent}.")
        rows = [self.manifest.members.index(member) for member in members]
        manifest = self.manifest.model_copy(update={"members": tuple(members)})
        return EnsembleWeights(
            manifest, {name: tensor[rows] for name, tensor in self.tensors.items()}
        )

    def build(self, device: torch.device) -> Ensemble:
        """Make a network of these weights."""
        with torch.device("meta"):
            ensemble = Ensemble(self.manifest.architecture, len(self.manifest.members))
        state = {name: torch.tensor(tensor) for name, tensor in self.tensors.items()}
        ensemble.load_state_dict(state, assign=True)
        return ensemble.to(device)


def join(parts: Sequence[EnsembleWeights]) -> EnsembleWeights:
    """Put groups of members together as one ensemble, in their order.

    Raises:
        WrongArchitecture: If they are not all of one architecture, or predict something else.
    """
    first = parts[0].manifest
    for part in parts[1:]:
        differences = part.manifest.architecture.differences(first.architecture)
        differences += part.manifest.differences(first.outputs)
        if differences:
            raise WrongArchitecture(differences)
    members = tuple(member for part in parts for member in part.manifest.members)
    generation = max(part.manifest.generation for part in parts)
    return EnsembleWeights(
        first.model_copy(update={"members": members, "generation": generation}),
        {name: np.concatenate([part.tensors[name] for part in parts]) for name in parts[0].tensors},
    )


def _misfits(manifest: Manifest, tensors: Arrays) -> list[str]:
    """Compare names and shapes with those of the network that the manifest describes."""
    layers, width = manifest.architecture.layers, manifest.architecture.width
    outputs = manifest.architecture.outputs
    # Before a network is built that may be too large for any machine.
    if max(layers, outputs) > len(tensors) or width not in {
        n for tensor in tensors.values() for n in tensor.shape
    }:
        claimed = f"{layers} layers of width {width} and {outputs} outputs"
        return [f"{claimed} do not fit to {len(tensors)} tensors"]
    with torch.device("meta"):
        ensemble = Ensemble(manifest.architecture, len(manifest.members))
    wanted = {name: tuple(tensor.shape) for name, tensor in ensemble.state_dict().items()}
    found = {name: tensor.shape for name, tensor in tensors.items()}
    return [
        f"{name} is {found.get(name, 'absent')}, not {wanted.get(name, 'known')}"
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]
