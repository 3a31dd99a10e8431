"""How alike molecules are: kernels between any molecules and the points that a model keeps.

The counts of a point stand in a table with a row for each code and count, so that the sums of
minima, which is all the work of a minmax kernel, are sums of a few rows for each molecule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from molsteer.shared.ml.on_features.scaling import Scaling
from molsteer.shared.wire.arrays.features import Counts, Features

_TINY = 1e-12
"""Makes two molecules without any pattern alike, and changes nothing else."""

_WHOLE_IN_HALF = 2048
"""Up to which whole numbers are exact in 16 bits, which are read in half the time."""


class CountTable:
    """Counts of points, arranged for the minmax kernel with other molecules."""

    def __init__(self, points: Counts, device: torch.device) -> None:
        count = points.count.astype(np.int64)
        codes, place = np.unique(points.code, return_inverse=True)
        most = np.zeros(len(codes), dtype=np.int64)
        np.maximum.at(most, place, count)
        first = np.cumsum(most) - most
        owner = np.repeat(np.arange(len(points)), points.entries)
        level = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        table = torch.zeros((max(int(most.sum()), 1), len(points)), dtype=torch.float32)
        table[np.repeat(first[place], count) + level, np.repeat(owner, count)] = 1.0
        for each in range(1, int(most.max(initial=0))):
            higher = torch.from_numpy(first[most > each] + each)
            table[higher] += table[higher - 1]
        self._codes, self._first, self._most = codes, first, most
        totals = torch.from_numpy(_totals(points))
        # No sum of minima is above the total of its point.
        exact = totals.max().item() <= _WHOLE_IN_HALF if len(points) else True
        self._table = table.to(device, torch.float16 if exact else torch.float32)
        self._totals = totals.to(device)

    def minmax(self, molecules: Counts) -> Tensor:
        """Give the sum of minima over the sum of maxima, float32, shape (molecules, points).

        Two molecules without any pattern are alike.

        Source:
            Ralaivola et al., Neural Networks 18 (2005), 1093.
        """
        place = np.searchsorted(self._codes, molecules.code)
        place[place == len(self._codes)] = 0
        known = self._codes[place] == molecules.code if len(self._codes) else place < 0
        owner = np.repeat(np.arange(len(molecules)), molecules.entries)[known]
        place = place[known]
        level = np.minimum(molecules.count[known], self._most[place])
        ends = np.cumsum(np.bincount(owner, minlength=len(molecules)))
        device = self._table.device
        minima = functional.embedding_bag(
            torch.from_numpy(self._first[place] + level - 1).to(device),
            self._table,
            torch.from_numpy(np.concatenate([[0], ends])).to(device),
            mode="sum",
            include_last_offset=True,
        ).float()
        totals = torch.from_numpy(_totals(molecules)).to(device)
        maxima = (totals[:, None] + self._totals).sub_(minima)
        return minima.add_(_TINY).div_(maxima.add_(_TINY))


class Likeness(NamedTuple):
    """Of molecules and points, whatever a kernel makes of it; each of shape (molecules, points).

    Attributes:
        morgan, pairs: Minmax kernels of the counts.
        descriptors, electronic: Mean squares of differences in scaled features.
    """

    morgan: Tensor
    pairs: Tensor
    descriptors: Tensor
    electronic: Tensor

    def of(self, points: Tensor) -> Likeness:
        """Take some of the points."""
        return Likeness(*(part[:, points] for part in self))


@dataclass(frozen=True, slots=True)
class Kernel:
    """A sum of four kernels, in label spreads; 1 is the variance of the labels.

    Attributes:
        weights: Of minmax on environments and on pairs, and of Matern 5/2 on descriptors and on
            electronic features.
        lengths: Of the last two.
        noise: Variance of what none of them explains.
    """

    weights: tuple[float, float, float, float]
    lengths: tuple[float, float]
    noise: float

    @property
    def variance(self) -> float:
        """Of any molecule by itself, without noise."""
        return sum(self.weights)

    def __call__(self, likeness: Likeness) -> Tensor:
        """Give the covariances, without noise."""
        morgan, pairs, descriptors, electronic = self.weights
        total = likeness.morgan * morgan
        total += likeness.pairs * pairs
        total += matern(likeness.descriptors, self.lengths[0]).mul_(descriptors)
        total += matern(likeness.electronic, self.lengths[1]).mul_(electronic)
        return total


class Points:
    """Molecules that a model keeps, ready to be compared with others."""

    def __init__(self, features: Features, scaling: Scaling, device: torch.device) -> None:
        self._scaling, self._device = scaling, device
        self._morgan = CountTable(features.morgan, device)
        self._pairs = CountTable(features.pairs, device)
        self._dense = [part.to(device) for part in scaling(features)]

    def likeness(self, molecules: Features) -> Likeness:
        """Compare molecules with the points; all float32."""
        dense = [part.to(self._device) for part in self._scaling(molecules)]
        return Likeness(
            self._morgan.minmax(molecules.morgan),
            self._pairs.minmax(molecules.pairs),
            *(mean_squares(*parts) for parts in zip(dense, self._dense, strict=True)),
        )


def matern(squares: Tensor, length: float) -> Tensor:
    """Give the Matern 5/2 kernel of squared distances."""
    scaled = (squares * (5.0 / length**2)).sqrt_()
    polynomial = (scaled / 3.0).add_(1.0).mul_(scaled).add_(1.0)
    return polynomial.mul_(scaled.neg_().exp_())


def mean_squares(left: Tensor, right: Tensor) -> Tensor:
    """Give mean squares of differences between rows: (n, d), (m, d) -> (n, m)."""
    dimensions = max(left.shape[1], 1)
    products = torch.addmm(right.square().sum(dim=1)[None, :], left, right.T, beta=1.0, alpha=-2.0)
    return products.add_(left.square().sum(dim=1)[:, None]).clamp_(min=0.0).div_(dimensions)


def _totals(counts: Counts) -> npt.NDArray[np.float32]:
    ends = np.cumsum(counts.entries, dtype=np.int64)
    sums = np.concatenate([[0], np.cumsum(counts.count, dtype=np.int64)])
    totals: npt.NDArray[np.int64] = sums[ends] - sums[ends - counts.entries]
    return totals.astype(np.float32)
