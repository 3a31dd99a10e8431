"""Which engines are installed here."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from molsteer.simulator.engines.port import Engine
from molsteer.simulator.errors import EngineMissing, NotByEngine

SOLVENTS_BY_ALPB = "molecules in a solvent by ALPB"


def engine_named(
    name: Literal["auto", "tblite", "xtb-python"], solvent: str | None = None
) -> Engine:
    """Load an engine; `auto` is `tblite`, or `xtb-python` where that is not installed.

    Args:
        name: The engine.
        solvent: What surrounds the molecules; then `auto` is the engine that offers that.

    Raises:
        EngineMissing: If its package is not installed.
        NotByEngine: If it offers no solvents.
    """
    if name == "auto":
        alone = find_spec("tblite") is None and solvent is None
        name = "xtb-python" if alone else "tblite"
    # Loading a Fortran library takes a while and memory, so only the chosen one is.
    if name == "tblite":
        require(name, "tblite")
        from molsteer.simulator.engines.tblite import Tblite

        return Tblite(solvent)
    if solvent is not None:
        raise NotByEngine(name, SOLVENTS_BY_ALPB, "tblite")
    require(name, "xtb")
    from molsteer.simulator.engines.xtb_python import XtbPython

    return XtbPython()


def require(engine: str, package: str) -> None:
    """Make sure that the package an engine needs can be imported.

    Raises:
        EngineMissing: If it cannot.
    """
    if find_spec(package) is None:
        raise EngineMissing(engine, package)
