"""GFN2-xTB by the library tblite."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from tblite.exceptions import TBLiteRuntimeError
from tblite.interface import Calculator, Result

from molsteer.simulator.engines.port import EnergyAndGradient, Orbitals
from molsteer.simulator.errors import ScfFailed
from molsteer.simulator.molecule.species import Positions


@dataclass(frozen=True, slots=True)
class Tblite:
    """The engine `tblite`; see `Engine`.

    Solvents are those of ALPB with its parameters for GFN2-xTB (doi:10.1021/acs.jctc.1c00471), with
    1 mol/l of what is dissolved, in the gas phase as well.
    """

    name: ClassVar[str] = "tblite"
    solvent: str | None = None

    @property
    def version(self) -> str:
        """Version of the library."""
        return version("tblite")

    def in_vacuum(self) -> Tblite:
        """Give it without a solvent."""
        return Tblite()

    def surface(
        self,
        numbers: npt.NDArray[np.int32],
        positions: Positions,
        charge: int,
        unpaired: int,
        accuracy: float,
    ) -> TbliteSurface:
        """Prepare a molecule; see `Engine.surface`."""
        try:
            calculator = Calculator("GFN2-xTB", numbers, positions, charge, unpaired)
            if self.solvent is not None:
                calculator.add("alpb-solvation", self.solvent)
        except TBLiteRuntimeError as error:
            raise ScfFailed(charge, unpaired, str(error)) from None
        calculator.set("accuracy", accuracy)
        calculator.set("verbosity", 0)
        return TbliteSurface(calculator, charge, unpaired)


class TbliteSurface:
    """One molecule in tblite; see `Surface`."""

    def __init__(self, calculator: Calculator, charge: int, unpaired: int) -> None:
        self._calculator = calculator
        self._charge, self._unpaired = charge, unpaired
        self._last: Result | None = None

    def __call__(self, positions: Positions) -> EnergyAndGradient:
        """Compute energy and gradient; see `Surface`."""
        try:
            self._calculator.update(positions)
            self._last = self._solve()
        except TBLiteRuntimeError as error:
            raise ScfFailed(self._charge, self._unpaired, str(error)) from None
        return float(self._last.get("energy")), np.asarray(
            self._last.get("gradient"), dtype=np.float64
        )

    def orbitals(self) -> Orbitals:
        """Give the orbitals of the last density; see `Surface`."""
        last = self._last or self._calculator.singlepoint()
        energies, occupations = last.get("orbital-energies"), last.get("orbital-occupations")
        return np.asarray(energies, dtype=np.float64), np.asarray(occupations, dtype=np.float64)

    def set_accuracy(self, accuracy: float) -> None:
        """Compute with this accuracy from now on; see `Surface`."""
        self._calculator.set("accuracy", accuracy)

    def _solve(self) -> Result:
        if self._last is not None:
            try:
                return self._calculator.singlepoint(self._last)
            except TBLiteRuntimeError:
                self._last = None  # a density from too far away can do worse than none
        return self._calculator.singlepoint()
