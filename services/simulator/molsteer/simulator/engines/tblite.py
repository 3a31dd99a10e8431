"""GFN2-xTB by the library tblite."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import numpy.typing as npt
from tblite.exceptions import TBLiteRuntimeError
from tblite.interface import Calculator, Result

from molsteer.simulator.engines.port import EnergyAndGradient
from molsteer.simulator.errors import ScfFailed
from molsteer.simulator.molecule.species import Positions


class Tblite:
    """The engine `tblite`; see `Engine`."""

    name = "tblite"

    @property
    def version(self) -> str:
        """Version of the library."""
        return version("tblite")

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

    def _solve(self) -> Result:
        if self._last is not None:
            try:
                return self._calculator.singlepoint(self._last)
            except TBLiteRuntimeError:
                self._last = None  # a density from too far away can do worse than none
        return self._calculator.singlepoint()
