"""What makes a molecule a hit, as it can be changed of a campaign that has begun."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import NamedTuple

from molsteer.shared.errors import SettingsError
from molsteer.shared.wire.properties import Objective
from molsteer.steering.settings.aims import THRESHOLDS
from molsteer.steering.settings.campaign import CampaignSettings

IN_eV = "hit_above_eV"
"""`campaign.hit_above_eV`, the threshold of the leading objective where that is in eV."""

NAMES = (*THRESHOLDS.values(), IN_eV)

_LEADING = ("", "objective", "campaign")
"""What may stand before the name of a threshold of the leading objective."""


class Moved(NamedTuple):
    """A threshold that was changed.

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


def is_threshold(assignment: str) -> bool:
    """Tell whether `NAME=VALUE` speaks of a threshold."""
    return assignment.partition("=")[0].rpartition(".")[2] in NAMES


def read_thresholds(
    assignments: Sequence[str], objectives: Sequence[Objective]
) -> dict[str, float]:
    """Read thresholds as a person types them, and name them as `name_of` does.

    `hit_above=14` is that of the leading objective, `PROPERTY.hit_below=2` that of another one.

    Raises:
        SettingsError: If any of them cannot be understood; all problems are named at once.
    """
    thresholds: dict[str, float] = {}
    problems: list[str] = []
    for assignment in assignments:
        match _read(assignment, objectives):
            case str(problem):
                problems.append(problem)
            case name, _ if name in thresholds:
                problems.append(f"{name}: it is given twice.")
            case name, value:
                thresholds[name] = value
    if problems:
        raise SettingsError("the command", problems)
    return thresholds


def check_thresholds(thresholds: Mapping[str, float], objectives: Sequence[Objective]) -> None:
    """See that thresholds belong to objectives, and can be theirs.

    Raises:
        SettingsError: If one does not.
    """
    known = {name_of(objective) for objective in objectives}
    problems = [f"{name}: there is no such objective." for name in thresholds.keys() - known]
    problems += [told for name, value in thresholds.items() if (told := _improper(name, value))]
    if problems:
        raise SettingsError("the request", sorted(problems))


def with_thresholds(
    settings: CampaignSettings, thresholds: Mapping[str, float]
) -> CampaignSettings:
    """Put thresholds into settings, by the names that `name_of` gives."""
    if not thresholds:
        return settings
    asked = zip(settings.asked, settings.objectives, strict=True)
    sections = tuple(
        section.model_copy(update={THRESHOLDS[each.goal]: thresholds.get(name_of(each), each.hit)})
        for section, each in asked
    )
    campaign = settings.campaign.model_copy(update={IN_eV: None})
    return settings.model_copy(update={"campaign": campaign, "objective": sections})


def still_counting(settings: CampaignSettings, moved: Mapping[str, Moved]) -> dict[str, float]:
    """Give the changed thresholds of which the settings say what they said then."""
    return {
        name: moved[name].now
        for objective in settings.objectives
        if (name := name_of(objective)) in moved and moved[name].instead_of == objective.hit
    }


def _read(assignment: str, objectives: Sequence[Objective]) -> tuple[str, float] | str:
    given, _, text = assignment.partition("=")
    owner, _, key = given.rpartition(".")
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
    try:
        value = float(text)
    except ValueError:
        return f"{given}: {text!r} is not a number."
    return _improper(given, value) or (own, value)


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
