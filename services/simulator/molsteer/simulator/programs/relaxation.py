"""Finding the minimum near a geometry: by our own descent, or where it stops, by geomeTRIC's.

geomeTRIC's optimizer works in Cartesian coordinates here, which never break down, from its own
model Hessian, which is built in internal coordinates once and transformed. It takes twice as many
steps, and ends at the same five convergence criteria.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
from geometric.engine import Engine
from geometric.errors import GeomOptNotConvergedError
from geometric.internal import CartesianCoordinates, PrimitiveInternalCoordinates
from geometric.molecule import Molecule
from geometric.optimize import Optimizer
from geometric.params import OptParams

from molsteer.shared.units import BOHR_IN_ANGSTROM
from molsteer.simulator.engines.port import Surface
from molsteer.simulator.molecule.species import Positions, Species
from molsteer.simulator.relaxing.descent import descend
from molsteer.simulator.relaxing.path import Path, Point, Stiffness
from molsteer.simulator.relaxing.stiffness import by_force_field

_STIFFNESS = 0.005
"""Hartree per square bohr added to all directions of the model Hessian. Translations and rotations
have none of their own, and the optimizer starts afresh whenever an eigenvalue vanishes."""

_PATIENCE = 150
"""Steps after which our own descent is left; none that ends well was seen to take so many."""


def relax(
    species: Species,
    start: Positions,
    surface: Surface,
    known: Stiffness | None,
    max_steps: int,
    before_step: Callable[[], None],
) -> Path:
    """Follow a surface down to its nearest minimum.

    Args:
        species: The molecule, of two atoms or more.
        start: Geometry in bohr, shape (atoms, 3).
        surface: What to follow.
        known: What is known of its second derivatives; else a force field is asked.
        max_steps: Steps after which to give up.
        before_step: Called before every energy; whatever it raises ends the relaxation.

    Raises:
        ScfFailed: If an energy on the way cannot be computed.
    """
    symbols, known = species.symbols, known or by_force_field(species, start)
    path = descend(symbols, start, surface, known, min(max_steps, _PATIENCE), before_step)
    left = max_steps - len(path.points)
    if path.converged or left < 1:
        return path
    lowest = min(path.points, key=lambda point: point.energy)
    rest = in_cartesian_coordinates(symbols, lowest.positions, surface, left, before_step)
    return Path([*path.points, *rest.points], rest.converged)


def in_cartesian_coordinates(
    symbols: list[str],
    start: Positions,
    surface: Surface,
    max_steps: int,
    before_step: Callable[[], None],
) -> Path:
    """Follow a surface down with geomeTRIC; see `relax`."""
    molecule = _molecule(symbols, start)
    probe = _Probe(molecule, surface, before_step)
    parameters = OptParams(maxiter=max_steps, frequency=False)
    parameters.hess_data = model_hessian(symbols, start)
    with _silence():
        optimizer = Optimizer(
            start.ravel(), molecule, _Cartesian(molecule), probe, os.curdir, parameters
        )
        try:
            optimizer.optimizeGeometry()
        except GeomOptNotConvergedError:
            return Path(probe.points, converged=False)
    return Path(probe.points, converged=True)


def model_hessian(symbols: list[str], positions: Positions) -> npt.NDArray[np.float64]:
    """Transform geomeTRIC's guess for bonds, angles and torsions to Cartesian coordinates.

    Returns:
        In hartree per square bohr, shape (3 atoms, 3 atoms).
    """
    molecule = _molecule(symbols, positions)
    with _silence():
        molecule.build_topology()
        internal = PrimitiveInternalCoordinates(molecule, connect=True, addcart=False)
        derivatives = internal.wilsonB(positions.ravel())
        guess = derivatives.T @ internal.guess_hessian(positions.ravel()) @ derivatives
    return np.asarray(guess + _STIFFNESS * np.eye(positions.size), dtype=np.float64)


def _molecule(symbols: list[str], positions: Positions) -> Molecule:
    molecule = Molecule()
    molecule.elem = symbols
    molecule.xyzs = [positions * BOHR_IN_ANGSTROM]
    return molecule


class _Cartesian(CartesianCoordinates):  # type: ignore[misc]  # geomeTRIC publishes no types
    """Cartesian coordinates alone, without the bonds and angles that geomeTRIC finds first."""

    def makePrimitives(self, *_given: object) -> None:
        """Find none; those that are used are added afterwards."""


class _Probe(Engine):  # type: ignore[misc]  # geomeTRIC publishes no types
    """A surface as geomeTRIC's optimizer wants it."""

    def __init__(
        self, molecule: Molecule, surface: Surface, before_step: Callable[[], None]
    ) -> None:
        super().__init__(molecule)
        self._surface, self._before_step = surface, before_step
        self.points: list[Point] = []

    def calc_new(
        self, coordinates: npt.NDArray[np.float64], _folder: str
    ) -> dict[str, float | npt.NDArray[np.float64]]:
        """Compute energy and gradient at flat coordinates in bohr."""
        self._before_step()
        positions = coordinates.reshape(-1, 3).copy()
        energy, gradient = self._surface(positions)
        self.points.append(Point(positions, energy, gradient))
        return {"energy": energy, "gradient": gradient.ravel()}


@contextmanager
def _silence() -> Iterator[None]:
    """Keep geomeTRIC, which reports every step, out of this process's log."""
    logger = logging.getLogger("geometric.nifty")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before
