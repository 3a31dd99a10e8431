"""Levels and objectives: the tables of a campaign's file, and what they come to.

A file without them has one level, described by [simulate], and one objective: to find the highest
adiabatic ionization potential at it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from molsteer.shared.settings.sections import Section
from molsteer.shared.suggestions import did_you_mean
from molsteer.shared.wire.catalogue import ADIABATIC_IP, OFFERED, unit_of
from molsteer.shared.wire.properties import (
    Goal,
    LevelName,
    Objective,
    Output,
    PropertyName,
    Unit,
)
from molsteer.shared.wire.specs import Level, PluginName, SimulationSpec, Solvent
from molsteer.steering.policy.plan import Rung

SHARE = 0.1
"""Part of the molecules that climb to the next level, where nothing else is said."""


class LevelSection(Section):
    """A level of theory; the first one is for all molecules, each further one for the best."""

    name: LevelName = Field(description="Name of the level, as objectives and results know it.")
    method: PluginName | None = Field(
        default=None, description="Level of theory by name; `simulate.level` if not given."
    )
    solvent: Solvent | None = Field(
        default=None, description="What surrounds the molecules; `simulate.solvent` if not given."
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
    share: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None,
        description="Part of the molecules of the level before that are simulated at this one as "
        f"well, the best first; {SHARE} if not given. The first level has none.",
    )


class ObjectiveSection(Section):
    """What is wanted: a property at a level, as large, as small or as near a value as can be."""

    property: PropertyName = Field(
        default=ADIABATIC_IP, description="Property by name, as the level gives it."
    )
    level: LevelName | None = Field(
        default=None, description="Level that it is wanted at; the last one if not given."
    )
    unit: Unit | None = Field(
        default=None,
        description="Unit of the property, which a package's level has to give it in; need not be "
        "given for those that are known here.",
    )
    goal: Goal = Field(default="maximise", description="What is wanted of the property.")
    target: float | None = Field(
        default=None, description="The value to come near, for the goal `reach`, in the unit."
    )
    hit_above: float | None = Field(
        default=None, description="Value above which a molecule is a hit, for `maximise`."
    )
    hit_below: float | None = Field(
        default=None, description="Value below which a molecule is a hit, for `minimise`."
    )
    hit_within: PositiveFloat | None = Field(
        default=None, description="Distance of the target up to which it is a hit, for `reach`."
    )


_THRESHOLDS = {"maximise": "hit_above", "minimise": "hit_below", "reach": "hit_within"}


def levels_from(sections: Sequence[LevelSection], default: Level) -> tuple[Level, ...]:
    """Give the levels of a campaign, the first one first.

    Args:
        sections: As they stand in the file.
        default: The only level of a file without them, and what they leave open.
    """
    return tuple(_level(section, default.spec) for section in sections) or (default,)


def rungs_from(sections: Sequence[LevelSection]) -> tuple[Rung, ...]:
    """Give the levels above the first as the policy knows them."""
    return tuple(Rung(section.name, section.share or SHARE) for section in sections[1:])


def objectives_from(
    sections: Sequence[ObjectiveSection], levels: Sequence[Level], hit_above_eV: float | None
) -> tuple[Objective, ...]:
    """Give the objectives of a campaign, the leading one first.

    Args:
        sections: As they stand in the file.
        levels: The campaign's.
        hit_above_eV: Threshold of a file that has no objectives.
    """
    given = sections or (ObjectiveSection(hit_above=hit_above_eV),)
    return tuple(
        Objective(
            output=Output(
                name=section.property,
                level=section.level or levels[-1].name,
                unit=(unit_of(section.property) or "") if section.unit is None else section.unit,
            ),
            goal=section.goal,
            target=section.target,
            hit=_hit(section),
        )
        for section in given
    )


def outputs_from(objectives: Sequence[Objective], levels: Sequence[Level]) -> tuple[Output, ...]:
    """Give what models learn: what is aimed at, and the same properties where a level gives them.

    A package's level is asked for what is aimed at elsewhere only if nothing is aimed at it.
    """
    aimed = [objective.output for objective in objectives]
    elsewhere = [
        output.model_copy(update={"level": level.name})
        for output in aimed
        for level in levels
        if output.name in OFFERED.get(level.spec.method, ())
        or all(level.name != other.level for other in aimed)
    ]
    return tuple(dict.fromkeys([*aimed, *elsewhere]))


def problems_of(
    levels: Sequence[LevelSection],
    objectives: Sequence[ObjectiveSection],
    resolved: Sequence[Level],
) -> Iterator[str]:
    """Say what of the tables cannot be meant, one sentence each, without a full stop.

    Args:
        levels: As they stand in the file.
        objectives: Likewise.
        resolved: What `levels_from` made of them.
    """
    names = [level.name for level in resolved]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"level: {name!r} is the name of several; give each a name of its own"
    if levels and levels[0].share is not None:
        yield (
            f"level {levels[0].name!r}: the first level has no share, because all molecules that "
            f"are chosen are simulated at it; its number is campaign.budget"
        )
    by_name = {level.name: level for level in resolved}
    seen = set[tuple[str, str]]()
    for section in objectives:
        level = by_name.get(section.level or names[-1])
        if level is None:
            yield (
                f"objective {section.property!r}: there is no level {section.level!r} (there are: "
                f"{', '.join(names)}){did_you_mean(section.level or '', names)}"
            )
            continue
        if (section.property, level.name) in seen:
            yield f"objective {section.property!r}: it is given twice; leave one of them out"
        seen.add((section.property, level.name))
        yield from _problems_of_objective(section, level)


def _problems_of_objective(section: ObjectiveSection, level: Level) -> Iterator[str]:
    place = f"objective {section.property!r}"
    offered = OFFERED.get(level.spec.method)
    if offered and section.property not in offered:
        yield (
            f"{place}: the level {level.name!r} does not give it; it gives {', '.join(offered)}"
            f"{did_you_mean(section.property, offered)}"
        )
    if section.property == "solvation_energy" and level.spec.solvent is None:
        yield f"{place}: the level {level.name!r} is in vacuum; give it a solvent"
    known = unit_of(section.property)
    if known is not None and section.unit not in (None, known):
        yield f"{place}: its unit is {known!r}, not {section.unit!r}; leave the unit out"
    if (section.target is None) == (section.goal == "reach"):
        cure = "give a target" if section.goal == "reach" else 'leave it out, or say goal = "reach"'
        yield f"{place}: the goal {section.goal!r} and target do not fit together; {cure}"
    for goal, threshold in _THRESHOLDS.items():
        if goal != section.goal and getattr(section, threshold) is not None:
            cure = f"give {_THRESHOLDS[section.goal]} instead"
            yield f"{place}: {threshold} is for the goal {goal!r}; {cure}"


def _hit(section: ObjectiveSection) -> float | None:
    thresholds = (section.hit_above, section.hit_below, section.hit_within)
    return next((given for given in thresholds if given is not None), None)


def _level(section: LevelSection, default: SimulationSpec) -> Level:
    given = section.model_dump(include=set(SimulationSpec.model_fields), exclude_none=True)
    return Level(name=section.name, spec=default.model_copy(update=given))
