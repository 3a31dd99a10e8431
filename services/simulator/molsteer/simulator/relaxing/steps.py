"""The next step: from gradient and Hessian to a displacement within what is trusted."""

from __future__ import annotations

import numpy as np

from molsteer.simulator.relaxing.measures import Numbers

_BISECTIONS = 60
_WITHIN = 1e-3


def rational_step(gradient: Numbers, hessian: Numbers, longest: float) -> Numbers:
    """Minimise a rational function of the displacement.

    It is that of A. Banerjee et al., doi:10.1021/j100247a015. Where it leads further than
    `longest`, the Hessian is shifted until it does not.
    """
    curvatures, modes = np.linalg.eigh(hessian)
    along = modes.T @ gradient
    shift = _rational_shift(curvatures, along)
    change = -along / (curvatures - shift)
    if np.linalg.norm(change) > longest:
        change = _restricted(curvatures, along, shift, longest)
    return np.asarray(modes @ change, dtype=np.float64)


def _rational_shift(curvatures: Numbers, along: Numbers) -> float:
    """Solve for the lowest eigenvalue of the Hessian that the gradient augments."""
    size = len(along)
    augmented = np.zeros((size + 1, size + 1))
    augmented[np.arange(size), np.arange(size)] = curvatures
    augmented[-1, :-1] = augmented[:-1, -1] = along
    return float(np.linalg.eigvalsh(augmented)[0])


def _restricted(curvatures: Numbers, along: Numbers, shift: float, longest: float) -> Numbers:
    near, far = shift, shift - float(np.linalg.norm(along)) / longest - abs(shift)
    change = along
    for _ in range(_BISECTIONS):
        middle = (near + far) / 2
        change = -along / (curvatures - middle)
        excess = np.linalg.norm(change) / longest - 1.0
        if -_WITHIN < excess <= 0.0:
            break
        near, far = (middle, far) if excess > 0.0 else (near, middle)
    return np.asarray(change, dtype=np.float64)


def bfgs(hessian: Numbers, moved: Numbers, turned: Numbers) -> Numbers:
    """Update a Hessian with a displacement and the change of gradient along it.

    Where the curvature along it is not positive, the change is damped as M. J. D. Powell does, so
    that the Hessian stays positive.
    """
    expected = hessian @ moved
    own = moved @ expected
    seen = moved @ turned
    if own <= 0.0:
        return hessian
    if seen < 0.2 * own:
        share = 0.8 * own / (own - seen)
        turned = share * turned + (1.0 - share) * expected
        seen = moved @ turned
    return np.asarray(
        hessian + np.outer(turned, turned) / seen - np.outer(expected, expected) / own
    )
