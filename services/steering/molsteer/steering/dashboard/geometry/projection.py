"""A molecule in space as an SVG: atoms behind each other, as seen from one side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from molsteer.steering.records.documents.geometries import Geometry

_SIZE, _MARGIN = 420, 26
_COLOURS = {
    "H": "#e8ebef",
    "C": "#4d5662",
    "N": "#3f68d8",
    "O": "#d8352a",
    "F": "#58b947",
    "Cl": "#2fa53a",
    "Br": "#99381f",
    "I": "#7c2a9c",
    "S": "#d9b21b",
    "P": "#e58322",
    "B": "#eaa59a",
    "Si": "#c9a97f",
}
_OTHER = "#b0559b"
_NEAR = 1.25
"""Atoms are drawn as bound up to so many times the sum of their radii, where no bonds are told."""


def projection(geometry: Geometry, turn_deg: float = 0.0) -> bytes:
    """Draw a molecule, its longest side along the width, turned about the height."""
    seen = _seen(geometry.positions, turn_deg)
    span = max(float(np.ptp(seen[:, :2], axis=0).max()), 3.0)
    scale = (_SIZE - 2 * _MARGIN) / span
    middle = (seen.max(axis=0) + seen.min(axis=0)) / 2
    placed = (seen - middle) * scale
    height = float(np.ptp(placed[:, 1])) + 2 * _MARGIN
    placed[:, :2] += (_SIZE / 2, height / 2)
    parts = sorted(
        [*_atoms(geometry.symbols, placed, scale), *_bonds(geometry, placed)],
        key=lambda part: part[0],
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_SIZE}" height="{height:.0f}" '
        f'viewBox="0 0 {_SIZE} {height:.1f}">{"".join(text for _, text in parts)}</svg>'
    ).encode()


def _seen(positions: npt.NDArray[np.float64], turn_deg: float) -> npt.NDArray[np.float64]:
    """Turn a molecule so that it is seen from its broad side, then as asked for."""
    centred = positions - positions.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=True)
    if np.linalg.det(axes) < 0:  # a mirror image would be another molecule
        axes = axes * np.array([[1.0], [1.0], [-1.0]])
    angle = math.radians(turn_deg)
    turn = np.array(
        [
            [math.cos(angle), 0.0, math.sin(angle)],
            [0.0, 1.0, 0.0],
            [-math.sin(angle), 0.0, math.cos(angle)],
        ]
    )
    turned: npt.NDArray[np.float64] = (centred @ axes.T) @ turn.T
    return turned


def _atoms(
    symbols: Sequence[str], placed: npt.NDArray[np.float64], scale: float
) -> Iterator[tuple[float, str]]:
    for symbol, (x, y, depth), radius in zip(
        symbols, placed.tolist(), _radii(symbols), strict=True
    ):
        colour = _COLOURS.get(symbol, _OTHER)
        size = min(max(0.42 * radius * scale, 4.0), 22.0)
        yield (
            depth,
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="{colour}" stroke="#1d2430"/>',
        )


def _bonds(geometry: Geometry, placed: npt.NDArray[np.float64]) -> Iterator[tuple[float, str]]:
    for one, other in _bound(geometry):
        (x1, y1, z1), (x2, y2, z2) = placed[one].tolist(), placed[other].tolist()
        yield (
            min(z1, z2) - 0.1,  # behind both of its atoms
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            'stroke="#8b93a0" stroke-width="4" stroke-linecap="round"/>',
        )


def _bound(geometry: Geometry) -> list[tuple[int, int]]:
    if geometry.bonds:
        return [(one, other) for one, other, _ in geometry.bonds]
    radii = np.array(_radii(geometry.symbols))
    apart = np.linalg.norm(geometry.positions[:, None] - geometry.positions[None], axis=-1)
    near = np.triu(apart < _NEAR * (radii[:, None] + radii[None]), k=1)
    return [(int(one), int(other)) for one, other in np.argwhere(near)]


def _radii(symbols: Sequence[str]) -> list[float]:
    """Give covalent radii in angstrom, 1 for what is no element."""
    from rdkit.Chem import GetPeriodicTable
    from rdkit.rdBase import BlockLogs

    table, known = GetPeriodicTable(), dict[str, float]()
    for symbol in set(symbols):
        try:
            with BlockLogs():
                known[symbol] = float(table.GetRcovalent(symbol))
        except RuntimeError:
            known[symbol] = 1.0
    return [known[symbol] for symbol in symbols]
