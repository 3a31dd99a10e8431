"""Finding the minimum near a geometry: geomeTRIC's optimizer on a surface in this process.

geomeTRIC takes the fewest steps in internal coordinates, but its Python needs 20 to 40 ms for each
of them, several times what GFN2-xTB needs for a gradient of 20 atoms. Here it works in Cartesian
coordinates, where a step costs about 1 ms, from the same model Hessian, which is built in internal
coordinates once and transformed. That takes half again as many gradients and a third of the time,
and ends at the same five convergence criteria.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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
from molsteer.simulator.molecule.species import Positions

_STIFFNESS = 0.005
"""Hartree per square bohr added to all directions of the model Hessian. Translations and rotations
have none of their own, and the optimizer starts afresh whenever an eigenvalue vanishes."""


@dataclass(frozen=True, slots=True)
class Point:
    """One geometry on the way.

    Attributes:
        positions: In bohr, shape (atoms, 3).
        energy: In hartree.
        gradient: In hartree per bohr, shape (atoms, 3).
    """

    positions: Positions
    energy: float
    gradient: npt.NDArray[np.float64]

    @property
    def steepest(self) -> float:
        """Norm of the largest force on an atom in hartree per bohr."""
        return float(np.linalg.norm(self.gradient, axis=1).max())


@dataclass(frozen=True, slots=True)
class Path:
    """A relaxation from its start to where it ended.

    Attributes:
        converged: Whether all five criteria of geomeTRIC's default set are met at the end.
    """

    points: list[Point]
    converged: bool


def relax(
    symbols: list[str],
    start: Positions,
    surface: Surface,
    max_steps: int,
    before_step: Callable[[], None],
) -> Path:
    """Follow a surface down to its nearest minimum.

    Args:
        symbols: Element symbols in atom order.
        start: Geometry in bohr, shape (atoms, 3), atoms >= 2.
        surface: What to follow.
        max_steps: Steps after which to give up.
        before_step: Called before every energy; whatever it raises ends the relaxation.

    Raises:
        ScfFailed: If an energy on the way cannot be computed.
    """
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
