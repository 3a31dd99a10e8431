"""What a surrogate is to those who ask it: whatever it is made of, it predicts molecules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.arrays.features import Features
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.shared.wire.properties import Output


@dataclass(frozen=True, slots=True)
class Molecules:
    """Molecules as surrogates read them; what nobody reads is not there."""

    graphs: PackedGraphs | None = None
    features: Features | None = None

    def __len__(self) -> int:
        parts = [part for part in (self.graphs, self.features) if part is not None]
        return len(parts[0]) if parts else 0


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the members of a surrogate say of molecules.

    Attributes:
        value: In the units of the outputs, float32, shape (members, outputs, molecules).
        spread: Standard deviation that each member gives itself, likewise; None where only the
            members' disagreement tells.
    """

    value: npt.NDArray[np.float32]
    spread: npt.NDArray[np.float32] | None = None


class Surrogate(Protocol):
    """A trained model, ready to be asked."""

    @property
    def members(self) -> tuple[int, ...]:
        """Numbers of its members, in the order of what it predicts."""
        ...

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What it predicts, in the order of the numbers."""
        ...

    def predict(self, molecules: Molecules, batch_size: int) -> Prediction:
        """Predict every molecule.

        Args:
            molecules: With whatever the surrogate reads.
            batch_size: Molecules computed at a time, at most; it changes nothing else.

        Raises:
            MissingFeatures: If it reads features, and there are none.
            WrongFeatures: If it was trained on others.
        """
        ...
