"""A Gaussian process for each output, over points that they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from molsteer.shared.blobs.port import Arrays
from molsteer.shared.ml.errors import UnusableWeights
from molsteer.shared.ml.on_features.kernels import Kernel, Likeness, Points
from molsteer.shared.ml.on_features.manifest import OnFeatures, read, taken, write
from molsteer.shared.ml.on_features.scaling import Scaling
from molsteer.shared.ml.port import Molecules, Prediction
from molsteer.shared.wire.arrays.features import Features
from molsteer.shared.wire.properties import Output

_PARAMETERS = 9
"""Numbers that say a kernel and the scale of the labels."""

_MOST_AT_A_TIME = 512
"""Molecules whose covariances with the points are in memory together."""

_BLOCK = 128
"""Rows of a factor that are multiplied together; fewer leave out more zeros, each at more cost."""


@dataclass(frozen=True, slots=True)
class Process:
    """A Gaussian process as it predicts.

    Attributes:
        kernel: Of labels of mean 0 and variance 1.
        centre, width: What makes them labels in the output's unit.
        points: Which of the model's points it knows, int64, shape (n,).
        weights: Of the covariances with these in the mean, float32, shape (n,).
        factor: The squares of its products with the covariances are what the points take of the
            variance, float32, shape (m, n).
    """

    kernel: Kernel
    centre: float
    width: float
    points: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]
    factor: npt.NDArray[np.float32]

    def to_arrays(self, name: str) -> dict[str, npt.NDArray[np.generic]]:
        """Give it as arrays whose names begin with the one given."""
        kernel = [*self.kernel.weights, *self.kernel.lengths, self.kernel.noise]
        return {
            f"{name}.kernel": np.array([*kernel, self.centre, self.width]),
            f"{name}.points": self.points,
            f"{name}.weights": self.weights,
            f"{name}.factor": self.factor,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, name: str, points: int) -> Process:
        """Take it out of arrays, as `to_arrays` gives it.

        Raises:
            UnusableWeights: If an array is missing, or they do not fit together.
        """
        numbers = taken(arrays, f"{name}.kernel", np.float64, (_PARAMETERS,)).tolist()
        first, second, third, fourth, *lengths, noise, centre, width = numbers
        known = taken(arrays, f"{name}.points", np.int64, (None,)).view(np.int64)
        if ((known < 0) | (known >= points)).any() or min(*lengths, noise) <= 0:
            raise UnusableWeights("a process does not fit to its points.", "surrogate")
        return cls(
            Kernel((first, second, third, fourth), (lengths[0], lengths[1]), noise),
            centre,
            width,
            known,
            taken(arrays, f"{name}.weights", np.float32, (len(known),)).view(np.float32),
            taken(arrays, f"{name}.factor", np.float32, (None, len(known))).view(np.float32),
        )


class Asked:
    """A process on a device, ready to be asked."""

    def __init__(self, process: Process, device: torch.device) -> None:
        self._process = process
        self._points = torch.from_numpy(process.points).to(device)
        self._first = np.array_equal(process.points, np.arange(len(process.points)))
        self._weights = torch.from_numpy(process.weights).to(device)
        self._factor = [
            (used, torch.from_numpy(block).to(device)) for used, block in _blocks(process.factor)
        ]

    def __call__(self, likeness: Likeness) -> tuple[Tensor, Tensor]:
        """Give mean and standard deviation of labels, each of shape (molecules,)."""
        kernel, all_points = self._process.kernel, likeness.morgan.shape[1]
        whole = self._first and len(self._points) == all_points
        known = likeness if whole else likeness.of(self._points)
        covariance = kernel(known)
        variance = covariance.new_full((len(covariance),), kernel.variance)
        for used, block in self._factor:
            variance -= (covariance[:, used] @ block.T).square_().sum(dim=1)
        variance.clamp_(min=0.0).add_(kernel.noise)
        width = self._process.width
        return covariance @ self._weights * width + self._process.centre, variance.sqrt_() * width


def _blocks(
    factor: npt.NDArray[np.float32],
) -> Iterator[tuple[slice, npt.NDArray[np.float32]]]:
    """Cut a factor into some rows at a time, without the zeros to both sides of a triangle."""
    for start in range(0, len(factor), _BLOCK):
        rows = factor[start : start + _BLOCK]
        filled = np.flatnonzero(rows.any(axis=0))
        if len(filled):
            used = slice(int(filled[0]), int(filled[-1]) + 1)
            yield used, np.ascontiguousarray(rows[:, used])


class GaussianProcess:
    """The surrogate `gp`: some processes over the same points, ready to be asked."""

    def __init__(
        self,
        manifest: OnFeatures,
        points: Features,
        scaling: Scaling,
        processes: Sequence[Process],
        device: torch.device,
    ) -> None:
        self._manifest, self._features, self._scaling = manifest, points, scaling
        self._processes = tuple(processes)
        self._points = Points(points, scaling, device)
        self._asked = [Asked(process, device) for process in processes]

    @property
    def members(self) -> tuple[int, ...]:
        """It is one member."""
        return (self._manifest.member,)

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What it predicts."""
        return self._manifest.outputs

    @classmethod
    def from_arrays(cls, arrays: Arrays, device: torch.device) -> GaussianProcess:
        """Take it out of named arrays, and believe nothing unchecked.

        Raises:
            UnusableWeights: If they are not those of one, or do not fit together.
            WrongFeatures: If this version of the program computes other features.
        """
        manifest = read(arrays, "gp")
        try:
            points = Features.from_arrays(arrays)
        except ValueError as error:
            raise UnusableWeights(f"{error}.", "surrogate") from None
        manifest.reading(points)
        processes = [
            Process.from_arrays(arrays, f"process.{model}", len(points))
            for model in range(max(manifest.model) + 1)
        ]
        scaling = Scaling.from_arrays(arrays, manifest.descriptors, manifest.electronic)
        return cls(manifest, points, scaling, processes, device)

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Give it as named arrays, as `from_arrays` takes them."""
        arrays = {**self._features.to_arrays(), **self._scaling.to_arrays()}
        for number, process in enumerate(self._processes):
            arrays |= process.to_arrays(f"process.{number}")
        return write(self._manifest, arrays)

    @torch.inference_mode()
    def predict(self, molecules: Molecules, batch_size: int) -> Prediction:
        """Predict every molecule; see `port.Surrogate`."""
        features = self._manifest.reading(molecules.features)
        shape = 1, len(self.outputs), len(features)
        value, spread = np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
        step = min(batch_size, _MOST_AT_A_TIME)
        for start in range(0, len(features), step):
            rows = np.arange(start, min(start + step, len(features)))
            likeness = self._points.likeness(features.take(rows))
            told = [asked(likeness) for asked in self._asked]
            for output, model in enumerate(self._manifest.model):
                mean, doubt = told[model]
                value[0, output, rows] = mean.cpu().numpy() + self._manifest.shift[output]
                spread[0, output, rows] = doubt.cpu().numpy()
        self._manifest.complete(value[0], spread[0])
        return Prediction(value, spread)
