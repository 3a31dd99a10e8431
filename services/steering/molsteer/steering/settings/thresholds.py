"""What makes a molecule a hit: thresholds and limits, as a campaign that has begun changes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import NamedTuple

from molsteer.shared.errors import SettingsError
from molsteer.shared.wire.properties import Limit, Objective, Output
from molsteer.steering.settings.aims import THRESHOLDS, output_of
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.limits import LIMITS, contradiction, limit_of

IN_eV = "hit_above_eV"
"""`campaign.hit_above_eV`, the threshold of the leading objective where that is in eV."""

NAMES = (*THRESHOLDS.values(), *LIMITS, IN_eV)

_LEADING = ("", "objective", "campaign")
"""What may stand before the name of a threshold of the leading objective."""


class Moved(NamedTuple):
    """A threshold or limit that was changed.

    Attributes:
        instead_of: What the settings said then, None if nothing. Where they say something else
            now, that counts.
        now: What counts instead of it, in the unit of the objective.
    """

    instead_of: float | None
    now: float


def name_of(objective: Objective) -> str:
    """Name the threshold of an objective: `PROPERTY@LEVEL.hit_above` and the like."""
    return f"{objective.output.key}.{THRESHOLDS[objective.goal]}"


def named(objectives: Sequence[Objective], limits: Sequence[Limit]) -> dict[str, float | None]:
    """Give all thresholds and limits by their names, None where there is none yet."""
    ends = {
        f"{output.key}.{name}": getattr(limit_of(limits, output), end)
        for output in _outputs(objectives, limits)
        for name, end in LIMITS.items()
    }
    return {name_of(objective): objective.hit for objective in objectives} | ends


def moved_limits(
    objectives: Sequence[Objective], limits: Sequence[Limit], now: Mapping[str, float]
) -> list[Limit]:
    """Give the limits with other ends, by the names that `named` gives."""
    found = []
    for output in _outputs(objectives, limits):
        ends = {end: now.get(f"{output.key}.{name}") for name, end in LIMITS.items()}
        changed = {end: value for end, value in ends.items() if value is not None}
        limit = limit_of(limits, output).model_copy(update=changed)
        if limit.above is not None or limit.below is not None:
            found.append(limit)
    return found


def _outputs(objectives: Sequence[Objective], limits: Sequence[Limit]) -> list[Output]:
    known = [*(each.output for each in objectives), *(each.output for each in limits)]
    return list(dict.fromkeys(known))


def is_threshold(assignment: str) -> bool:
    """Tell whether `NAME=VALUE` speaks of a threshold."""
    return assignment.partition("=")[0].rpartition(".")[2] in NAMES


def read_thresholds(
    assignments: Sequence[str], objectives: Sequence[Objective], limits: Sequence[Limit] = ()
) -> dict[str, float]:
    """Read thresholds and limits as a person types them, and name them as `named` does.

    `hit_above=14` is that of the leading objective, `PROPERTY.hit_below=2` that of another one.

    Raises:
        SettingsError: If any of them cannot be understood; all problems are named at once.
    """
    thresholds: dict[str, float] = {}
    problems: list[str] = []
    for assignment in assignments:
        match _read(assignment, objectives, limits):
            case str(problem):
                problems.append(problem)
            case name, _ if name in thresholds:
                problems.append(f"{name}: it is given twice.")
            case name, value:
                thresholds[name] = value
    if problems:
        raise SettingsError("the command", problems)
    return thresholds


def check_thresholds(
    thresholds: Mapping[str, float], objectives: Sequence[Objective], limits: Sequence[Limit] = ()
) -> None:
    """See that thresholds and limits belong to objectives, and do not exclude each other.

    Raises:
        SettingsError: If one does not.
    """
    known = named(objectives, limits)
    problems = [f"{name}: there is no such objective." for name in thresholds.keys() - known.keys()]
    problems += [told for name, value in thresholds.items() if (told := _improper(name, value))]
    wanted = [
        each.model_copy(update={"hit": thresholds.get(name_of(each), each.hit)})
        for each in objectives
    ]
    for limit in () if problems else moved_limits(objectives, limits, thresholds):
        if told := contradiction(limit, wanted):
            problems.append(f"{limit.output.key}: {told}.")
    if problems:
        raise SettingsError("the request", sorted(problems))


def with_thresholds(
    settings: CampaignSettings, thresholds: Mapping[str, float]
) -> CampaignSettings:
    """Put thresholds and limits into settings, by the names that `named` gives."""
    if not thresholds:
        return settings
    sections = tuple(
        section.model_copy(
            update={
                name: value
                for name in (*THRESHOLDS.values(), *LIMITS)
                if (value := thresholds.get(f"{output_of(section, settings.levels).key}.{name}"))
                is not None
            }
        )
        for section in settings.asked
    )
    campaign = settings.campaign.model_copy(update={IN_eV: None})
    return settings.model_copy(update={"campaign": campaign, "objective": sections})


def still_counting(settings: CampaignSettings, moved: Mapping[str, Moved]) -> dict[str, float]:
    """Give the changed thresholds of which the settings say what they said then."""
    return {
        name: moved[name].now
        for name, value in named(settings.objectives, settings.limits).items()
        if name in moved and moved[name].instead_of == value
    }


def _read(
    assignment: str, objectives: Sequence[Objective], limits: Sequence[Limit]
) -> tuple[str, float] | str:
    given, _, text = assignment.partition("=")
    owner, _, key = given.rpartition(".")
    if key in LIMITS:
        return _read_limit(given, text, objectives, limits)
    meant = list(_meant(owner, objectives))
    if len(meant) != 1:
        names = ", ".join(map(name_of, objectives))
        return f"{given}: it is the threshold of no single objective. There are {names}."
    (objective,) = meant
    own, unit = name_of(objective), objective.output.unit
    if key == IN_eV and (objective.goal != "maximise" or unit != "eV"):
        return f"{given}: the objective has the goal {objective.goal!r} and the unit {unit!r}. " + (
            f"Give {own}."
        )
    if key not in (IN_eV, THRESHOLDS[objective.goal]):
        return f"{given}: the objective has the goal {objective.goal!r}. Give {own}."
    return _number(given, own, text)


def _read_limit(
    given: str, text: str, objectives: Sequence[Objective], limits: Sequence[Limit]
) -> tuple[str, float] | str:
    owner, _, key = given.rpartition(".")
    outputs = _outputs(objectives, limits)
    meant = [each for each in outputs if owner in (each.name, each.key)]
    if owner in _LEADING:  # the one limit that there is, or one of the leading objective
        meant = [each.output for each in limits] or outputs[:1]
    if len(meant) != 1:
        names = ", ".join(f"{each.key}.{key}" for each in outputs)
        return f"{given}: it is the limit of no single objective. There are {names}."
    return _number(given, f"{meant[0].key}.{key}", text)


def _number(given: str, name: str, text: str) -> tuple[str, float] | str:
    try:
        value = float(text)
    except ValueError:
        return f"{given}: {text!r} is not a number."
    return _improper(given, value) or (name, value)


def _meant(owner: str, objectives: Sequence[Objective]) -> Iterator[Objective]:
    if owner in _LEADING:
        yield from objectives[:1]
        return
    for objective in objectives:
        if owner in (objective.output.name, objective.output.key):
            yield objective


def _improper(name: str, value: float) -> str | None:
    if not isfinite(value):
        return f"{name}: {value:g} is not a number."
    if name.endswith(THRESHOLDS["reach"]) and value <= 0:
        return f"{name}: must be greater than 0."
    return None
