"""Levels that another program computes: what `[simulate]` and `[[level]]` say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue, PositiveFloat
from pydantic_core import from_json
from pydantic_settings import NoDecode

from molsteer.shared.settings.sections import Section
from molsteer.shared.wire.levels import BY_PROGRAM, QCENGINE
from molsteer.shared.wire.specs import (
    Keywords,
    Level,
    PluginName,
    ProgramWord,
    SimulationSpec,
)

_RECIPE = ("program", "model", "basis")
_ANY_PROGRAM = ("keywords", "cores", "nodes", "memory_GiB")
_NONE: Mapping[str, JsonValue] = {
    **dict.fromkeys((*_RECIPE, "memory_GiB")),
    "keywords": {},
    "cores": 1,
    "nodes": 1,
}
_WITHOUT_BASIS = frozenset({"aimnet2", "mace", "mopac", "orb", "rdkit", "torchani", "xtb"})
"""Programs whose methods have no basis sets, or bring their own."""


def _read(given: object) -> object:
    """Take JSON for what it says, as variables and flags have it."""
    return from_json(given) if isinstance(given, str) else given


class ProgramSettings(Section):
    """What `[simulate]` and `[[level]]` say of another program."""

    program: PluginName | None = Field(
        default=None,
        description="For the method qcengine: program that QCEngine drives, as nwchem.",
    )
    model: ProgramWord | None = Field(
        default=None,
        description="For the method qcengine: method of theory as that program calls it, as b3lyp.",
    )
    basis: ProgramWord | None = Field(
        default=None,
        description="For the method qcengine: basis set as that program calls it, as 6-31g*.",
    )
    keywords: Annotated[Keywords | None, NoDecode, BeforeValidator(_read)] = Field(
        default=None,
        description='What that program is told besides, as { dft__grid = "xfine" }; those of a '
        "ready-made level are added to its own.",
    )
    cores: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None,
        description="Cores of each node that one calculation of that program takes; 1 if not "
        "given. `simulate.slots` counts calculations.",
    )
    nodes: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None,
        description="Nodes that one calculation of that program takes; 1 if not given.",
    )
    memory_GiB: PositiveFloat | None = Field(
        default=None,
        description="Memory of each node that one calculation of that program may take; its part "
        "of the machine's if not given.",
    )


def for_its_method(spec: SimulationSpec, given: ProgramSettings) -> SimulationSpec:
    """Take out of a level what it has from [simulate] and its method does not take."""
    foreign: tuple[str, ...] = () if spec.method == QCENGINE else _RECIPE
    if spec.method not in BY_PROGRAM:
        foreign = (*_RECIPE, *_ANY_PROGRAM)
    own = given.model_dump(include=set(foreign), exclude_none=True)
    return spec.model_copy(update={name: _NONE[name] for name in foreign} | own)


def problems_of_programs(
    levels: Sequence[Level], tables: Sequence[Section], *, in_list: bool
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Find what levels say of a program and cannot be meant.

    Args:
        levels: The campaign's.
        tables: What describes each of them in its file.
        in_list: Whether they stand in `[[level]]`, else in `[simulate]`.

    Yields:
        The place of a setting, and what is wrong there, without a full stop.
    """
    for number, (level, table) in enumerate(zip(levels, tables, strict=True)):
        place: tuple[str | int, ...] = ("level", number) if in_list else ("simulate",)
        for name, said in (*_recipe(level.spec), *_besides(level.spec, table)):
            yield (*place, name), said


def _recipe(spec: SimulationSpec) -> Iterator[tuple[str, str]]:
    if spec.method != QCENGINE:
        for name in _RECIPE:
            if getattr(spec, name) is not None:
                said = f"is for the method {QCENGINE}, and this one is {spec.method}"
                yield name, f"{said}; leave it out, or change the method"
        return
    for name in ("program", "model"):
        if getattr(spec, name) is None:
            said = f"{QCENGINE} needs a program and a model, as nwchem and b3lyp"
            yield name, f"is missing; {said}"
    if spec.program is not None and spec.basis is None and spec.program not in _WITHOUT_BASIS:
        yield "basis", f"is missing; {spec.program} needs the name of a basis set, as 6-31g*"


def _besides(spec: SimulationSpec, table: Section) -> Iterator[tuple[str, str]]:
    method = spec.method
    if method not in BY_PROGRAM:
        for name in _ANY_PROGRAM:
            if getattr(spec, name) != _NONE[name]:
                said = f"is for levels of another program, and this one is {method}"
                yield name, f"{said}; leave it out"
        return
    if spec.solvent is not None:
        said = f"{method} knows no solvents by name; say it by the program's own keywords"
        yield "solvent", f'{said}, with solvent = "vacuum"'
    for name in ("engine", "accuracy"):
        usual = SimulationSpec.model_fields[name].default
        if getattr(table, name, None) not in {None, usual}:
            yield name, f"is for xtb, and {method} has keywords instead; leave it out"
