"""GFN2-xTB by the library xtb-python, which has wheels up to CPython 3.11."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import numpy.typing as npt
from xtb.interface import Calculator, Param, Results, XTBException
from xtb.libxtb import VERBOSITY_MUTED

from molsteer.simulator.engines.port import EnergyAndGradient, Orbitals
from molsteer.simulator.errors import ScfFailed
from molsteer.simulator.molecule.species import Positions


class XtbPython:
    """The engine `xtb-python`; see `Engine`.

    Its only model of solvents is GBSA, whose energies are not those of ALPB, so it has none here.
    """

    name = "xtb-python"
    solvent = None

    @property
    def version(self) -> str:
        """Version of the library."""
        return version("xtb")

    def in_vacuum(self) -> XtbPython:
        """Give it without a solvent."""
        return self

    def surface(
        self,
        numbers: npt.NDArray[np.int32],
        positions: Positions,
        charge: int,
        unpaired: int,
        accuracy: float,
    ) -> XtbPythonSurface:
        """Prepare a molecule; see `Engine.surface`."""
        try:
            calculator = Calculator(Param.GFN2xTB, numbers, positions, charge, unpaired)
        except XTBException as error:
            raise ScfFailed(charge, unpaired, str(error)) from None
        calculator.set_accuracy(accuracy)
        calculator.set_verbosity(VERBOSITY_MUTED)
        return XtbPythonSurface(calculator, charge, unpaired)


class XtbPythonSurface:
    """One molecule in xtb-python; see `Surface`."""

    def __init__(self, calculator: Calculator, charge: int, unpaired: int) -> None:
        self._calculator = calculator
        self._charge, self._unpaired = charge, unpaired
        self._last: Results | None = None

    def __call__(self, positions: Positions) -> EnergyAndGradient:
        """Compute energy and gradient; see `Surface`."""
        try:
            self._calculator.update(positions)
            self._last = self._solve()
        except XTBException as error:
            raise ScfFailed(self._charge, self._unpaired, str(error)) from None
        return float(self._last.get_energy()), np.asarray(
            self._last.get_gradient(), dtype=np.float64
        )

    def orbitals(self) -> Orbitals:
        """Give the orbitals of the last density; see `Surface`."""
        last = self._last or self._calculator.singlepoint()
        energies, occupations = last.get_orbital_eigenvalues(), last.get_orbital_occupations()
        return np.asarray(energies, dtype=np.float64), np.asarray(occupations, dtype=np.float64)

    def set_accuracy(self, accuracy: float) -> None:
        """Compute with this accuracy from now on; see `Surface`."""
        self._calculator.set_accuracy(accuracy)

    def _solve(self) -> Results:
        if self._last is not None:
            try:
                return self._calculator.singlepoint(self._last)
            except XTBException:
                self._last = None  # a density from too far away can do worse than none
        return self._calculator.singlepoint()
