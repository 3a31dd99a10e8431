"""Levels: the tables of a campaign's file, and what they come to.

A file without them has one, which [simulate] describes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from molsteer.shared.settings.sections import Section
from molsteer.shared.wire.catalogue import VERTICAL
from molsteer.shared.wire.properties import LevelName
from molsteer.shared.wire.specs import REPLAY, Level, PluginName, SimulationSpec, Solvent
from molsteer.steering.settings.programs import (
    ProgramSettings,
    for_its_method,
    problems_of_programs,
)
from molsteer.steering.settings.replay import ReplaySettings, problems_of_tables

SHARE = 0.1
"""Part of the molecules that climb to the next level, where nothing else is said."""

VACUUM = "vacuum"
"""Instead of a solvent, at a level whose likes have one."""

Problem = tuple[tuple[str | int, ...], str]
"""Place of a setting, and what is wrong there, without a full stop."""


class LevelSection(ProgramSettings, ReplaySettings):
    """A level of theory; the first one is for all molecules, each further one for the best."""

    name: LevelName = Field(description="Name of the level, as objectives and results know it.")
    method: PluginName | None = Field(
        default=None, description="Level of theory by name; `simulate.level` if not given."
    )
    solvent: Solvent | None = Field(
        default=None,
        description=f"What surrounds the molecules, or {VACUUM}; `simulate.solvent` if not given.",
    )
    engine: Literal["auto", "tblite", "xtb-python", "qcengine"] | None = Field(
        default=None, description="Program; `simulate.engine` if not given."
    )
    accuracy: PositiveFloat | None = Field(
        default=None, description="Numerical accuracy; `simulate.accuracy` if not given."
    )
    max_steps: PositiveInt | None = Field(
        default=None, description="Steps of a relaxation; `simulate.max_steps` if not given."
    )
    multiplicity: Literal["rule", "lowest"] | None = Field(
        default=None, description="Spin of the molecules; `simulate.multiplicity` if not given."
    )
    starts_from: LevelName | None = Field(
        default=None,
        description="Earlier level whose relaxed geometries this one starts from, instead of a "
        "first conformer; a level that has none of a molecule is done without.",
    )
    share: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None,
        description="Part of the molecules of the level before that are simulated at this one as "
        f"well, the best first; {SHARE} if not given. The first level has none.",
    )
    price_s: PositiveFloat | None = Field(
        default=None,
        description="Core-seconds of a simulation, where policy.promotion is price; if not given, "
        "what those of the campaign take.",
    )


def levels_from(sections: Sequence[LevelSection], default: Level) -> tuple[Level, ...]:
    """Give the levels of a campaign, the first one first.

    Args:
        sections: As they stand in the file.
        default: The only level of a file without them, and what they leave open.
    """
    return tuple(_level(section, default.spec) for section in sections) or (default,)


def problems_of_levels(
    levels: Sequence[Level], tables: Sequence[Section], *, in_list: bool
) -> Iterator[Problem]:
    """Find what of each level cannot be meant.

    Args:
        levels: The campaign's.
        tables: What describes each of them in its file.
        in_list: Whether they stand in `[[level]]`, else in `[simulate]`.
    """
    yield from problems_of_tables(levels, in_list=in_list)
    yield from problems_of_programs(levels, tables, in_list=in_list)
    for number, level in enumerate(levels):
        if level.starts_from is not None and (said := _no_start(level, number, levels)):
            yield ("level", number, "starts_from"), said


def _no_start(level: Level, number: int, levels: Sequence[Level]) -> str | None:
    earlier = {each.name: each.spec.method for each in levels[:number]}
    if level.starts_from == level.name:
        return "a level cannot start from itself; name an earlier one, or leave it out"
    if level.starts_from not in earlier:
        which = (
            "a later level" if level.starts_from in {each.name for each in levels} else "no level"
        )
        there = f"there are {', '.join(earlier)}" if earlier else "the first one has none"
        return f"{level.starts_from!r} is {which}; it has to be an earlier one, and {there}"
    if level.spec.method == REPLAY:
        return f"{REPLAY} answers from a table and starts from no geometry; leave it out"
    method = earlier[level.starts_from]
    if method in {REPLAY, VERTICAL}:
        return f"the level {level.starts_from!r} ({method}) relaxes no geometry; leave it out"
    return None


def _level(section: LevelSection, default: SimulationSpec) -> Level:
    given = section.model_dump(include=set(SimulationSpec.model_fields), exclude_none=True)
    if section.solvent == VACUUM:
        given["solvent"] = None
    spec = default.model_copy(update=given)
    if spec.method != REPLAY and section.table is None:
        spec = spec.model_copy(update={"table": None, "speed": None})
    return Level(
        name=section.name, spec=for_its_method(spec, section), starts_from=section.starts_from
    )
