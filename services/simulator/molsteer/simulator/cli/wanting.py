"""What `molsteer simulate` is asked to compute: properties and a solvent, by their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem
from pydantic import TypeAdapter, ValidationError

from molsteer.shared.cli.offering import offered
from molsteer.shared.wire.catalogue import OFFERED, PROPERTIES, SOLVENTS, unit_of
from molsteer.shared.wire.properties import PropertyName
from molsteer.shared.wire.specs import Solvent

EVERYTHING = "all"


def wanted_of(method: str, properties: Sequence[str], solvent: str | None) -> dict[str, str | None]:
    """Give properties with their units, as far as these are known; none is the method's choice.

    Raises:
        UserError: If the method does not give one of them, or does not know the solvent.
        BadParameter: If something cannot be a name.
    """
    from molsteer.simulator.offered import SOLVATION, check_offered, check_solvent

    check_solvent(method, solvent)
    _check_name("--solvent", solvent, Solvent)
    if EVERYTHING in properties:
        given = OFFERED.get(method, ())
        properties = [name for name in given if name != SOLVATION or solvent is not None]
    for name in properties:
        check_offered(method, name, solvent)
        _check_name("--property", name, PropertyName)
    return {name: unit_of(name) for name in properties}


def offer_properties(
    _context: click.Context, _option: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Offer the properties that are known."""
    return offered(lambda: (EVERYTHING, *PROPERTIES), incomplete)


def offer_solvents(
    _context: click.Context, _option: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Offer the solvents that are known."""
    return offered(
        lambda: sorted({name for known in SOLVENTS.values() for name in known}), incomplete
    )


def _check_name(option: str, name: str | None, kind: Any) -> None:
    try:
        TypeAdapter(kind | None).validate_python(name)
    except ValidationError:
        reason = f"{name!r} cannot be a name: write small letters, digits and - or _."
        raise click.BadParameter(reason, param_hint=option) from None
