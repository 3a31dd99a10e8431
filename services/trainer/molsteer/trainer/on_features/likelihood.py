"""What labels say of a kernel: the marginal likelihood, and where it is largest."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize
from torch import Tensor

from molsteer.shared.ml.on_features.kernels import Kernel, Likeness

Floats = npt.NDArray[np.float64]

_EXPECTED = np.log([0.25, 0.25, 0.25, 0.25, 1.0, 1.0, 0.05])
"""Logarithms of weights, lengths and noise before any label is seen."""

_DOUBT = np.array([1.5, 1.5, 1.5, 1.5, 0.7, 0.7, 1.5])
"""Standard deviations of these; wide, so that some dozens of labels overrule them."""

_BOUNDS = (
    [(math.log(1e-4), math.log(30.0))] * 4
    + [(math.log(0.1), math.log(10.0))] * 2
    + [(math.log(1e-3), math.log(2.0))]
)
_STEPS = 40
_PARTS = 4
"""Kernels that are added up."""


def fit_kernel(likeness: Likeness, value: Tensor) -> Kernel:
    """Find the kernel that makes labels likeliest.

    Args:
        likeness: Of the labelled molecules with each other, float64.
        value: Their labels, of mean 0 and variance 1, float64.

    Source:
        Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, equation 5.9; the
        expectations are log-normal.
    """
    loss = _Loss(likeness, value)
    found = minimize(
        loss, _EXPECTED, jac=True, method="L-BFGS-B", bounds=_BOUNDS, options={"maxiter": _STEPS}
    )
    return kernel_of(found.x)


def kernel_of(logarithms: Floats) -> Kernel:
    """Read a kernel out of the logarithms of its parameters."""
    first, second, third, fourth, *lengths, noise = np.exp(logarithms).tolist()
    return Kernel((first, second, third, fourth), (lengths[0], lengths[1]), noise)


@dataclass(frozen=True, slots=True)
class _Loss:
    """Minus the logarithm of the posterior of a kernel, and its gradient."""

    likeness: Likeness
    value: Tensor

    def __call__(self, logarithms: Floats) -> tuple[float, Floats]:
        kernel = kernel_of(logarithms)
        terms = _terms(kernel, self.likeness)
        covariance = terms[:_PARTS].sum(dim=0)
        covariance.diagonal().add_(kernel.noise)
        lower = torch.linalg.cholesky(covariance)
        inverse = torch.cholesky_inverse(lower)
        weights = inverse @ self.value
        # Half of the trace of this with a derivative of the covariance is that of the loss.
        change = inverse.addr(weights, weights, alpha=-1.0)
        gradient = (terms.flatten(1) @ change.flatten() / 2).tolist()
        gradient.append(kernel.noise * float(change.diagonal().sum()) / 2)
        loss = float(self.value @ weights) / 2 + float(lower.diagonal().log().sum())
        away = (logarithms - _EXPECTED) / _DOUBT
        return loss + float(away @ away) / 2, np.array(gradient) + away / _DOUBT


def _terms(kernel: Kernel, likeness: Likeness) -> Tensor:
    """Give the four terms of a kernel, then its derivatives by the logarithms of both lengths."""
    count = len(likeness.morgan)
    terms = torch.empty((_PARTS + len(kernel.lengths), count, count), dtype=torch.float64)
    torch.mul(likeness.morgan, kernel.weights[0], out=terms[0])
    torch.mul(likeness.pairs, kernel.weights[1], out=terms[1])
    dense = zip(
        (likeness.descriptors, likeness.electronic), kernel.weights[2:], kernel.lengths, strict=True
    )
    for place, (squares, weight, length) in enumerate(dense):
        thirds = squares * (5.0 / 3.0 / length**2)
        scaled = (thirds * 3.0).sqrt_()
        rise = scaled + 1.0
        decay = scaled.neg_().exp_().mul_(weight)
        torch.mul(rise + thirds, decay, out=terms[2 + place])
        torch.mul(decay.mul_(rise), thirds, out=terms[_PARTS + place])
    return terms
