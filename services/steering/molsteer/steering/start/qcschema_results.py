"""What is read of QCSchema results, version 1: of calculations at one geometry, and relaxations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    Field,
    FiniteFloat,
    JsonValue,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from molsteer.shared.wording import wording

NAMES = (
    "canonical_isomeric_smiles",
    "smiles",
    "canonical_isomeric_explicit_hydrogen_smiles",
    "canonical_isomeric_explicit_hydrogen_mapped_smiles",
    "canonical_smiles",
    "canonical_explicit_hydrogen_smiles",
    "inchi",
)
"""The first of these is taken, among the identifiers of the molecule or in `extras`; those come
first that tell most of what was computed."""

Named = Mapping[str, JsonValue]


class Method(BaseModel):
    """A method, and the basis it is in."""

    method: str
    basis: str | None = None

    def __str__(self) -> str:
        return f"{self.method}/{self.basis}" if self.basis else self.method


class Molecule(BaseModel):
    """Atoms at one geometry; `real` is false for those without nucleus and electrons."""

    symbols: list[str] = Field(min_length=1)
    geometry: list[FiniteFloat] = Field(min_length=3)
    molecular_charge: FiniteFloat = 0.0
    molecular_multiplicity: int = 1
    real: list[bool] | None = None
    identifiers: Named | None = None
    extras: Named | None = None

    @model_validator(mode="after")
    def _check_lengths(self) -> Self:
        if len(self.geometry) != 3 * len(self.symbols):
            raise ValueError("it has not three numbers for each atom")
        return self


class Properties(BaseModel):
    """What was computed."""

    return_energy: FiniteFloat


class Atomic(BaseModel):
    """A calculation at one geometry."""

    schema_name: Literal["qcschema_output"]
    molecule: Molecule
    model: Method
    properties: Properties
    keywords: Named | None = None
    extras: Named | None = None

    @property
    def energy(self) -> float:
        """In hartree, of the last geometry."""
        return self.properties.return_energy

    @property
    def settings(self) -> Named:
        """Keywords that the method was given."""
        return self.keywords or {}

    @property
    def optimizer(self) -> Named:
        """Keywords that the relaxation was given."""
        return {}


class Specification(BaseModel):
    """How each step of a relaxation was computed."""

    model: Method
    keywords: Named | None = None


class Optimization(BaseModel):
    """A relaxation."""

    schema_name: Literal["qcschema_optimization_output"]
    final_molecule: Molecule
    input_specification: Specification
    energies: list[FiniteFloat] = Field(min_length=1)
    keywords: Named | None = None
    extras: Named | None = None

    @property
    def molecule(self) -> Molecule:
        """Where the relaxation ended."""
        return self.final_molecule

    @property
    def model(self) -> Method:
        """The method of each step."""
        return self.input_specification.model

    @property
    def energy(self) -> float:
        """In hartree, of the last geometry."""
        return self.energies[-1]

    @property
    def settings(self) -> Named:
        """Keywords that the method was given."""
        return self.input_specification.keywords or {}

    @property
    def optimizer(self) -> Named:
        """Keywords that the relaxation was given."""
        return self.keywords or {}


Result = Atomic | Optimization
"""A successful calculation."""


@cache
def _adapter() -> TypeAdapter[Result]:
    return TypeAdapter(Annotated[Result, Field(discriminator="schema_name")])


def read_result(document: JsonValue) -> Result:
    """Take what matters out of a document.

    Raises:
        ValidationError: If it is no result; `first_problem` says why.
    """
    return _adapter().validate_python(document)


def first_problem(error: ValidationError) -> str:
    """Say what is wrong with a document."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {wording(first)}" if place else "it is not a QCSchema result of version 1"


def name_of(result: Result) -> str | None:
    """Give the SMILES or InChI of the molecule, as the document spells it."""
    molecule = result.molecule
    for source in (molecule.identifiers, molecule.extras, result.extras):
        for key in NAMES:
            if isinstance(name := (source or {}).get(key), str) and name:
                return name
    return None
