"""Levels: the tables of a campaign's file, and what they come to.

A file without them has one, which [simulate] describes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from molsteer.shared.settings.sections import Section
from molsteer.shared.wire.catalogue import OFFERED, VERTICAL, unit_of
from molsteer.shared.wire.properties import Indicator, LevelName, Output, PropertyName, Unit
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
    indicator: PropertyName | None = Field(
        default=None,
        description="Property of this level that tells about the leading objective's, where that "
        "is another one: molecules are judged by it here, and models learn how the one follows "
        "from the other.",
    )
    indicator_unit: Unit | None = Field(
        default=None, description="Unit of the indicator, where it is not known here."
    )
    indicator_falls: bool = Field(
        default=False,
        description="Whether the indicator falls where the property rises that it tells about.",
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


def indicators_from(sections: Sequence[LevelSection], of: str) -> tuple[Indicator, ...]:
    """Give what levels are judged by that do not compute the property that is wanted.

    Args:
        sections: As they stand in the file.
        of: The leading objective's property.
    """
    return tuple(
        Indicator(
            output=Output(name=each.indicator, level=each.name, unit=_unit_of_indicator(each)),
            of=of,
            falls=each.indicator_falls,
        )
        for each in sections
        if each.indicator is not None
    )


def _unit_of_indicator(section: LevelSection) -> str:
    known = unit_of(section.indicator or "") or ""
    return known if section.indicator_unit is None else section.indicator_unit


def problems_of_indicators(
    sections: Sequence[LevelSection], levels: Sequence[Level], goal: str, wanted: Sequence[Output]
) -> Iterator[Problem]:
    """Find what of the indicators cannot be meant.

    Args:
        sections: The levels as they stand in the file.
        levels: What `levels_from` made of them.
        goal: The leading objective's.
        wanted: What objectives are about, that of the leading one first.
    """
    names, leading = [level.name for level in levels], wanted[0]
    for place, (section, level) in enumerate(zip(sections, levels, strict=False)):
        if section.indicator is None:
            given = {"unit": section.indicator_unit is not None, "falls": section.indicator_falls}
            for key in (key for key, said in given.items() if said):
                told = "there is no indicator; name it, or leave this out"
                yield ("level", place, f"indicator_{key}"), told
        elif said := _no_unit(section, section.indicator):
            yield ("level", place, "indicator_unit"), said
        elif leading.level in names[: place + 1]:
            said = f"{leading.name} is wanted at the level {leading.level!r} already"
            yield ("level", place, "indicator"), f"{said}; indicators are for earlier levels"
        elif said := _no_indicator(section.indicator, level, goal, wanted):
            yield ("level", place, "indicator"), said


def _no_unit(section: LevelSection, name: str) -> str | None:
    known, given = unit_of(name), section.indicator_unit
    if known is None or given in (None, known):
        return None
    return f"{name} is in {known or 'no unit'}, not in {given!r}; leave it out"


def _no_indicator(name: str, level: Level, goal: str, wanted: Sequence[Output]) -> str | None:
    offered = OFFERED.get(level.spec.method)
    if name == wanted[0].name:
        return f"{name} is what is wanted, so it needs no indicator; leave it out"
    if any(output.name == name for output in wanted):
        return f"{name} is wanted by an objective of its own; leave it out"
    if offered and name not in offered:
        return f"the level {level.name!r} does not give {name!r}; it gives {', '.join(offered)}"
    if goal == "reach":
        said = f"it tells where there is more or less of {wanted[0].name}, and not how near"
        return f"{said} a value to reach; leave it out, or maximise or minimise"
    return None


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
