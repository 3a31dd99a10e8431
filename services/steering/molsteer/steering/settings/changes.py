"""What can be changed of a campaign that began, and what a change does to settings and plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import NonNegativeInt, TypeAdapter, ValidationError

from molsteer.shared.errors import SettingsError
from molsteer.shared.suggestions import meant
from molsteer.shared.wording import wording
from molsteer.steering.policy.codecs.plan_codec import plan_from
from molsteer.steering.policy.plan import Plan
from molsteer.steering.settings.campaign import CampaignSettings

Value = int | float | str
"""A setting as it is written into requests and the ledger."""

Changes = Mapping[str, Value]
"""New values by the full name of their setting, as `policy.beta`."""

CHANGEABLE = (
    "campaign.budget",
    "policy.buffer",
    "policy.shortlist",
    "policy.retrain_after",
    "policy.during_update",
    "policy.acquisition",
    "policy.beta",
    "policy.control_share",
    "policy.attempts",
    "policy.failure_limit",
    "simulate.slots",
    "train.slots",
    "infer.slots",
)

FREE = (
    *("campaign.truth", "campaign.truth_top"),
    *("campaign.hit_above_eV", "objective.hit_above", "objective.hit_below"),
    *("objective.limit_above", "objective.limit_below"),
    *("objective.hit_within", "policy.max_starts", "infer.batch_size"),
    *("simulate.time_limit_s", "infer.time_limit_s", "simulate.speed"),
    *("simulate.pool", "train.pool", "infer.pool", "queue", "stores", "workers", "metrics"),
    *("notify", "costs"),
)
"""Settings and tables on which no decision depends, so that each session may have its own."""

RULE = (
    f"What may be changed when a campaign goes on: {', '.join(CHANGEABLE)}, and where and how long "
    f"things run ({', '.join(FREE)}). What may not: everything else, because the results of a "
    f"campaign would no longer be comparable."
)


def may_change(section: str, key: str) -> bool:
    """Tell whether a setting may have another value when a campaign goes on."""
    return f"{section}.{key}" in CHANGEABLE + FREE or section in FREE


def read_changes(assignments: Sequence[str]) -> dict[str, Value]:
    """Read changes as a person types them: `NAME=VALUE`.

    A name may be shortened where it stays clear (`beta`), and turned around (`slots.simulate`).

    Raises:
        SettingsError: If any of them cannot be understood; all problems are named at once.
    """
    changes: dict[str, Value] = {}
    problems: list[str] = []
    for assignment in assignments:
        given, is_assignment, text = assignment.partition("=")
        names = [name for name in CHANGEABLE if given in _spellings(name)]
        match given and is_assignment, names:
            case "", _:
                problems.append(f"{assignment}: write NAME=VALUE.")
            case _, [name] if name in changes:
                problems.append(f"{name}: it is given twice.")
            case _, [name]:
                changes[name] = text
            case _, []:
                problems.append(f"{given}: it cannot be changed. {_what_can_be(given)}")
            case _:
                problems.append(f"{given}: it could mean {' or '.join(names)}. Write one of them.")
    checked, wrong = _check(changes)
    if problems or wrong:
        raise SettingsError("the command", [*problems, *wrong])
    return checked


def assignments(begun: str) -> list[str]:
    """Give the names that can be changed, or with its values the one that stands in `NAME=`."""
    given, is_assignment, _ = begun.partition("=")
    if is_assignment:
        return [f"{given}={value}" for value in choices(given)]
    clear = (
        spelling for name in CHANGEABLE for spelling in _spellings(name) if "." not in spelling
    )
    hits = ("hit_above", "hit_below", "hit_within", "limit_above", "limit_below")
    return [f"{spelling}=" for spelling in (*CHANGEABLE, *clear, *hits) if spelling != "slots"]


def choices(given: str) -> list[str]:
    """Give the values of a setting that knows them, by any of its names; else none."""
    for section, key in (name.split(".") for name in CHANGEABLE if given in _spellings(name)):
        holder: Any = CampaignSettings.model_fields[section].annotation
        annotation = holder.model_fields[key].annotation
        if get_origin(annotation) is Literal:
            return [str(value) for value in get_args(annotation)]
    return []


def check_changes(changes: Changes) -> dict[str, Value]:
    """Give changes the types of their settings.

    Raises:
        SettingsError: If a setting is unknown or a value is none of its values.
    """
    unknown = [f"{name}: it cannot be changed." for name in changes if name not in CHANGEABLE]
    checked, wrong = _check({name: changes[name] for name in changes if name in CHANGEABLE})
    if unknown or wrong:
        raise SettingsError("the request", [*unknown, *wrong])
    return checked


def values(settings: CampaignSettings) -> dict[str, Value]:
    """Give everything that can be changed, as it is."""
    return {
        name: getattr(getattr(settings, section), key)
        for name in CHANGEABLE
        for section, key in [name.split(".")]
    }


def changed(settings: CampaignSettings, changes: Changes) -> CampaignSettings:
    """Put checked changes into settings."""
    by_section: defaultdict[str, dict[str, Value]] = defaultdict(dict)
    for name, value in changes.items():
        section, key = name.split(".")
        by_section[section][key] = value
    return settings.model_copy(
        update={
            section: getattr(settings, section).model_copy(update=update)
            for section, update in by_section.items()
        }
    )


def replanned(plan: Plan, changes: Changes) -> Plan:
    """Turn those knobs of a plan that changes name; how candidates are ranked is none of them."""
    knobs = {knob(name): value for name, value in changes.items()}
    known = asdict(plan)
    turned = {knob: value for knob, value in knobs.items() if knob in known}
    return plan_from(known | turned)


def knob(name: str) -> str:
    """Name the knob of the plan that follows a setting, if one does."""
    section, key = name.split(".")
    return f"slots_{section}" if key == "slots" else key


def _what_can_be(given: str) -> str:
    names = {spelling: name for name in CHANGEABLE for spelling in _spellings(name)}
    likely = meant(given, names)
    hint = f" Did you mean {names[likely]}?" if likely else ""
    return f"What can be changed: {', '.join(CHANGEABLE)}.{hint}"


def _spellings(name: str) -> tuple[str, str, str]:
    section, key = name.split(".")
    return name, f"{key}.{section}", key


def _check(changes: Changes) -> tuple[dict[str, Value], list[str]]:
    checked: dict[str, Value] = {}
    problems: list[str] = []
    for name, value in changes.items():
        try:
            checked[name] = _setting(name).validate_python(value)
        except ValidationError as error:
            problems.append(f"{name}: {wording(error.errors()[0])}.")
    return checked, problems


def _setting(name: str) -> TypeAdapter[Value]:
    section, key = name.split(".")
    if key == "slots":
        return TypeAdapter(NonNegativeInt)  # a campaign may wait for workers, but not begin so
    holder: Any = CampaignSettings.model_fields[section].annotation
    field = holder.model_fields[key]
    annotation: Any = Annotated[field.annotation, field]
    return TypeAdapter(annotation, config=holder.model_config)
