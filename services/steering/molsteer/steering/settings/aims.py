"""Objectives: the tables of a campaign's file, and what they come to with those of levels.

A file without them has one level, described by [simulate], and one objective: the highest value of
one property at it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field, FiniteFloat, PositiveFloat

from molsteer.shared.settings.sections import Section
from molsteer.shared.suggestions import meant
from molsteer.shared.wire.catalogue import ADIABATIC_IP, OFFERED, unit_of
from molsteer.shared.wire.properties import (
    Indicator,
    LevelName,
    Limit,
    Objective,
    Output,
    PropertyName,
    Unit,
)
from molsteer.shared.wire.specs import Level
from molsteer.steering.policy.plan import Rung
from molsteer.steering.settings.levels import (
    SHARE,
    LevelSection,
    Problem,
    indicators_from,
    problems_of_indicators,
)
from molsteer.steering.settings.limits import LIMITS, contradiction

SOLVATION = "solvation_energy"
"""A property of levels in a solvent alone."""


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
    goal: Literal["maximise", "minimise", "reach", "limit"] = Field(
        default="maximise",
        description="What is wanted of the property; `limit` if nothing but to keep its limits.",
    )
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
    limit_above: FiniteFloat | None = Field(
        default=None,
        description="Value above which the property has to lie: what does not is no hit.",
    )
    limit_below: FiniteFloat | None = Field(
        default=None, description="Value below which the property has to lie, likewise."
    )


THRESHOLDS = {"maximise": "hit_above", "minimise": "hit_below", "reach": "hit_within"}


def rungs_from(sections: Sequence[LevelSection]) -> tuple[Rung, ...]:
    """Give the levels above the first as the policy knows them."""
    return tuple(Rung(section.name, section.share or SHARE) for section in sections[1:])


def wanted(
    sections: Sequence[ObjectiveSection], property_name: str | None, hit_above_eV: float | None
) -> tuple[ObjectiveSection, ...]:
    """Give the objectives as if all of them stood in the file.

    Args:
        sections: Those that stand there.
        property_name: The only one's property where none stands there.
        hit_above_eV: Threshold of the first of them, whatever its own is.
            `problems_of_threshold` finds out whether it can be.
    """
    asked = sections or (ObjectiveSection(property=property_name or ADIABATIC_IP),)
    first = leading(asked)
    if hit_above_eV is None or first.goal != "maximise":
        return tuple(asked)
    changed = first.model_copy(update={"hit_above": hit_above_eV})
    return tuple(changed if each is first else each for each in asked)


def leading(asked: Sequence[ObjectiveSection]) -> ObjectiveSection:
    """Give the first of them that is no limit alone."""
    return next((each for each in asked if each.goal != "limit"), asked[0])


def objectives_from(
    sections: Sequence[ObjectiveSection], levels: Sequence[Level]
) -> tuple[Objective, ...]:
    """Give the objectives of a campaign, the leading one first.

    Args:
        sections: What `wanted` gives.
        levels: The campaign's.
    """
    return tuple(
        Objective(
            output=output_of(section, levels),
            goal=section.goal,
            target=section.target,
            hit=_hit(section),
        )
        for section in sections
        if section.goal != "limit"
    )


def limits_from(sections: Sequence[ObjectiveSection], levels: Sequence[Level]) -> tuple[Limit, ...]:
    """Give the limits that molecules have to keep."""
    return tuple(
        Limit(output=output_of(each, levels), above=each.limit_above, below=each.limit_below)
        for each in sections
        if any(getattr(each, name) is not None for name in LIMITS)
    )


def output_of(section: ObjectiveSection, levels: Sequence[Level]) -> Output:
    """Give what an objective is about."""
    level = section.level or levels[-1].name
    return Output(name=section.property, level=level, unit=_unit(section))


def outputs_from(
    sections: Sequence[ObjectiveSection],
    levels: Sequence[Level],
    indicators: Sequence[Indicator] = (),
) -> tuple[Output, ...]:
    """Give what models learn: what is aimed at or has a limit, and the same at other levels.

    A package's level is asked for what is aimed at elsewhere only if nothing is aimed at it. Where
    another property tells about one, that is learned instead.
    """
    aimed = [output_of(section, levels) for section in sections]
    instead = {(each.output.level, each.of) for each in indicators}
    asked = [*aimed, *(each.output for each in indicators)]
    elsewhere = [
        output.model_copy(update={"level": level.name})
        for output in aimed
        for level in levels
        if (level.name, output.name) not in instead and _gives(level, output.name, asked)
    ]
    return tuple(dict.fromkeys([*asked, *elsewhere]))


def _gives(level: Level, name: str, aimed: Sequence[Output]) -> bool:
    offered = OFFERED.get(level.spec.method)
    if offered is None:
        return all(level.name != output.level for output in aimed)
    return name in offered and (name != SOLVATION or level.spec.solvent is not None)


def problems_of(
    levels: Sequence[LevelSection],
    objectives: Sequence[ObjectiveSection],
    resolved: Sequence[Level],
) -> Iterator[Problem]:
    """Find what of the tables cannot be meant.

    Args:
        levels: As they stand in the file.
        objectives: Likewise; where there are none, what `wanted` gives for them.
        resolved: What `levels_from` made of the levels.
    """
    names = [level.name for level in resolved]
    for place, name in enumerate(names):
        if name in names[:place]:
            said = f"{name!r} is the name of another level as well; give each a name of its own"
            yield ("level", place, "name"), said
    if levels and levels[0].share is not None:
        yield (
            ("level", 0, "share"),
            "the first level has no share, because every molecule that is chosen is simulated at "
            "it; how many these are is campaign.budget",
        )
    by_name = {level.name: level for level in resolved}
    seen = set[tuple[str, str]]()
    for place, section in enumerate(objectives):
        level = by_name.get(section.level or names[-1])
        if level is None:
            said = f"there is no level {section.level!r}; there are {', '.join(names)}"
            yield ("objective", place, "level"), f"{said}{_hint(section.level, names)}"
            continue
        if (section.property, level.name) in seen:
            said = f"{section.property} at the level {level.name} is wanted by an earlier one"
            yield ("objective", place), f"{said}; leave one of them out"
        seen.add((section.property, level.name))
        for key, problem in _problems_of_objective(section, level):
            yield ("objective", place, key), problem
    yield from _problems_of_limits(objectives, resolved)
    yield from _idle(objectives, resolved, indicators_from(levels, leading(objectives).property))
    about = [output_of(each, resolved) for each in objectives]
    first = objectives.index(leading(objectives))
    about.insert(0, about.pop(first))
    yield from problems_of_indicators(levels, resolved, objectives[first].goal, about)


def _idle(
    objectives: Sequence[ObjectiveSection], levels: Sequence[Level], known: Sequence[Indicator]
) -> Iterator[Problem]:
    outputs = outputs_from(objectives, levels, known)
    for place, level in enumerate(levels):
        if all(output.level != level.name for output in outputs):
            said = f"nothing that is wanted can be computed at {level.name!r}"
            cure = "add an objective, name what tells about it as the level's indicator"
            yield ("level", place, "name"), f"{said}; {cure}, or leave the level out"


def _problems_of_objective(section: ObjectiveSection, level: Level) -> Iterator[tuple[str, str]]:
    offered = OFFERED.get(level.spec.method)
    if offered and section.property not in offered:
        said = f"the level {level.name!r} does not give {section.property!r}"
        hint = _hint(section.property, offered)
        yield "property", f"{said}; it gives {', '.join(offered)}{hint}"
    if section.property == SOLVATION and level.spec.solvent is None:
        yield "property", f"the level {level.name!r} is in vacuum; give it a solvent"
    known = unit_of(section.property)
    if known is not None and section.unit not in (None, known):
        said = f"{section.property} is in {known or 'no unit'}, not in {section.unit!r}"
        yield "unit", f"{said}; leave it out"
    match section.goal, section.target:
        case "reach", None:
            yield "target", "is missing, the value to reach"
        case "maximise" | "minimise" | "limit", float():
            yield "target", f'the goal is {section.goal!r}; leave it out, or say goal = "reach"'
        case _:
            pass
    for goal, threshold in THRESHOLDS.items():
        if goal != section.goal and getattr(section, threshold) is not None:
            said = f"is for the goal {goal!r}, and this one's is {section.goal!r}"
            yield threshold, f"{said}; give {_own(section)}"


def _problems_of_limits(
    sections: Sequence[ObjectiveSection], levels: Sequence[Level]
) -> Iterator[Problem]:
    if all(section.goal == "limit" for section in sections):
        said = "these are limits, and nothing is wanted"
        yield ("objective", 0, "goal"), f"{said}; add an objective with another goal"
    for place, section in enumerate(sections):
        limits = limits_from([section], levels)
        if section.goal == "limit" and not limits:
            said = "is 'limit', and there is none; give limit_above, limit_below or both"
            yield ("objective", place, "goal"), said
        for limit in limits:
            if told := contradiction(limit, objectives_from([section], levels)):
                yield ("objective", place), told


def problems_of_threshold(leading: ObjectiveSection) -> Iterator[Problem]:
    """Find out why `campaign.hit_above_eV` cannot be meant for the leading objective."""
    place, unit = ("campaign", "hit_above_eV"), _unit(leading)
    its = f"the leading objective, {leading.property},"
    if unit != "eV":
        yield place, f"{its} is in {unit or 'no unit'}; give that objective {_own(leading)} instead"
    elif leading.goal != "maximise":
        said = f"{its} has the goal {leading.goal!r}"
        yield place, f"{said}; give that objective {_own(leading)} instead"


def _hint(given: str | None, known: Sequence[str]) -> str:
    likely = meant(given or "", known)
    return f"; did you mean {likely}" if likely else ""


def _own(section: ObjectiveSection) -> str:
    return THRESHOLDS.get(section.goal, " or ".join(LIMITS))


def _unit(section: ObjectiveSection) -> str:
    return (unit_of(section.property) or "") if section.unit is None else section.unit


def _hit(section: ObjectiveSection) -> float | None:
    thresholds = (section.hit_above, section.hit_below, section.hit_within)
    return next((given for given in thresholds if given is not None), None)
