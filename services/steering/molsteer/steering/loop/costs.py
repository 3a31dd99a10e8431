"""What simulations are likely to cost, from those that there were: straight lines in logarithms."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.learning import Cost
from molsteer.steering.ledger import tasks
from molsteer.steering.ledger.ledger import Ledger

FEWEST = 10
"""Simulations that succeeded before which nothing is said of costs."""

STEEPEST = 8.0
"""Power of the number of atoms that time or odds grow with at most; few records show anything."""

Floats = npt.NDArray[np.float64]

_ATOM = re.compile(r"\[[^\]]+\]|Br|Cl|[BCNOPSFIbcnops]")
_SHORTEST_S = 1e-3


def cost_as_of(ledger: Ledger, level: str, count: int) -> Cost | None:
    """Tell what a simulation at a level is likely to cost by the number of heavy atoms.

    Args:
        ledger: The campaign's.
        level: Name of the level.
        count: Which results count: the first so many, and what failed before the last of them.

    Returns:
        None while too few have succeeded.
    """
    took = tasks.durations(ledger, level, count)
    if len(took) < FEWEST:
        return None
    sizes = _log_sizes([smiles for smiles, _ in took])
    logs = np.log(np.maximum([duration_s for _, duration_s in took], _SHORTEST_S))
    failed = _log_sizes(tasks.failed(ledger, level, count))
    outcomes = np.concatenate([np.zeros(len(sizes)), np.ones(len(failed))])
    return Cost(
        log_seconds=_line(sizes, logs),
        log_odds_of_failure=_logistic(np.concatenate([sizes, failed]), outcomes),
    )


def heavy_atoms(smiles: str) -> int:
    """Count the atoms of a canonical SMILES, hydrogen left out."""
    return sum(not re.match(r"\[\d*H[+-]?\]$", atom) for atom in _ATOM.findall(smiles))


def _log_sizes(smiles: list[str]) -> Floats:
    return np.log(np.maximum(np.array([heavy_atoms(each) for each in smiles], np.float64), 1.0))


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """Fit a line by least squares, which is level where all molecules are of one size."""
    off = x - x.mean()
    spread = float(off @ off)
    slope = float(off @ (y - y.mean())) / spread if spread > 1e-9 else 0.0
    slope = min(max(slope, 0.0), STEEPEST)
    return float(y.mean()) - slope * float(x.mean()), slope


def _logistic(x: Floats, failed: Floats) -> tuple[float, float]:
    """Fit odds by Newton's method; half a failure and half a success are added, and some doubt."""
    middle = float(x.mean())
    design = np.column_stack([np.ones(len(x) + 2), np.append(x - middle, [0.0, 0.0])])
    outcome = np.append(failed, [1.0, 0.0])
    weight = np.append(np.ones(len(x)), [0.5, 0.5])
    doubt = np.diag([0.0, 1.0])  # on the slope, which has a standard deviation of 1
    found = np.array([np.log((failed.sum() + 0.5) / (len(x) - failed.sum() + 0.5)), 0.0])
    for _ in range(25):
        likely = 1 / (1 + np.exp(-design @ found))
        gradient = design.T @ (weight * (outcome - likely)) - doubt @ found
        curvature = (design.T * (weight * likely * (1 - likely))) @ design + doubt
        found = found + np.clip(np.linalg.solve(curvature, gradient), -1.0, 1.0)
    slope = float(np.clip(found[1], -STEEPEST, STEEPEST))
    return float(found[0]) - slope * middle, slope
