"""Labels in the records of molecular-design, and what its recipes are called here."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import NamedTuple

from pydantic import BaseModel, ValidationError

from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wording import wording
from molsteer.steering.start.qcschema_archive import Content


class Recipe(NamedTuple):
    """What one of its recipes computes: a property, in a solvent, by a method."""

    property: str
    solvent: str | None = None
    method: str = "xtb"


RECIPES = MappingProxyType(
    {
        "xtb-vacuum": Recipe(ADIABATIC_IP),
        "xtb-vacuum-vertical": Recipe("vertical_ionization_potential"),
        "xtb-acn": Recipe(ADIABATIC_IP, "acetonitrile"),
        "smb-vacuum-vertical": Recipe("vertical_ionization_potential", method="small_basis"),
        "smb-vacuum-no-zpe": Recipe(ADIABATIC_IP, method="small_basis"),
    }
)
"""By the recipes' names. Their volts are for one electron and against no electrode, so the number
is the same in eV; geometries of `xtb-acn` were relaxed in vacuum."""


class _Identifier(BaseModel):
    smiles: str


class _MoleculeData(BaseModel):
    identifier: _Identifier
    oxidation_potential: dict[str, float]


def recipe_of(wanted: Recipe) -> str | None:
    """Name the recipe that gives a property in a solvent; None if there is none."""
    return next((name for name, recipe in RECIPES.items() if recipe == wanted), None)


def read_molecule_data(text: str, recipe: str) -> Content:
    """Read one MoleculeData in JSON, alone or as its runs write it, `[time, text]`."""
    try:
        record = json.loads(text)
        if isinstance(record, list):
            record = json.loads(record[-1])
        molecule = _MoleculeData.model_validate(record)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the record"
        return f"{place}: {wording(first)}"
    except (ValueError, TypeError, IndexError, RecursionError):
        return "it is not MoleculeData in JSON"
    value_eV = molecule.oxidation_potential.get(recipe)
    if value_eV is None:
        return f"its oxidation_potential has no {recipe!r}"
    return molecule.identifier.smiles, value_eV
