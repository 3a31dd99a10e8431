"""Whether a level offers what it is asked for, as far as that is known before it computes."""

from __future__ import annotations

from collections.abc import Mapping

from molsteer.shared.wire.catalogue import OFFERED, SOLVENTS
from molsteer.simulator.errors import (
    PropertyMissing,
    SolventMissing,
    UnknownProperty,
    UnknownSolvent,
)
from molsteer.simulator.port import Computed

SOLVATION = "solvation_energy"


def check_offered(method: str, name: str, solvent: str | None) -> None:
    """Make sure that a method gives a property; nothing is known of packages' own methods.

    Raises:
        UnknownProperty: If it does not.
        SolventMissing: If the property needs a solvent, and there is none.
    """
    offered = OFFERED.get(method)
    if offered is None:
        return
    if name not in offered:
        raise UnknownProperty(method, name, offered)
    if name == SOLVATION and solvent is None:
        raise SolventMissing(method, name)


def check_solvent(method: str, solvent: str | None) -> None:
    """Make sure that a method knows a solvent; nothing is known of packages' own methods.

    Raises:
        UnknownSolvent: If it does not.
    """
    known = SOLVENTS.get(method)
    if solvent is not None and known is not None and solvent not in known:
        raise UnknownSolvent(method, solvent, known)


def check_answer(level: str, wanted: Mapping[str, str | None], found: Computed) -> None:
    """Refuse an answer that lacks a property, or has it in another unit than it is understood in.

    Args:
        level: Name of the level that answered.
        wanted: Properties by name, and the unit of each; None where any is welcome.
        found: The answer.

    Raises:
        PropertyMissing: If it does not have all that is wanted.
    """
    for name, unit in wanted.items():
        given = found.values.get(name)
        if given is None:
            raise PropertyMissing(level, name, unit or "", None, tuple(found.values))
        if unit not in (None, given.unit):
            raise PropertyMissing(level, name, unit or "", given.unit, tuple(found.values))
