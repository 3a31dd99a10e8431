"""Several campaigns beside each other: repeats of one setting, and different settings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from molsteer.shared.wire.properties import Objective
from molsteer.steering.records.figures.advantage import Advantage, advantage
from molsteer.steering.records.figures.random_picks import model_picks, random_picks
from molsteer.steering.records.figures.so_far import best_so_far, hits_so_far
from molsteer.steering.records.figures.student import student_95
from molsteer.steering.records.found import valued
from molsteer.steering.records.hits import Valued, count_hits
from molsteer.steering.records.watching.story import Story

_NEVER_COMPARED = {"campaign.name", "campaign.seed"}


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of a number over repeats.

    Attributes:
        value: The mean.
        error: Half the width of its 95% interval, None with fewer than two repeats.
    """

    value: float
    error: float | None


@dataclass(frozen=True, slots=True)
class Group:
    """Campaigns whose settings are alike but for seed and name.

    Attributes:
        name: What tells them from the others, in a few words.
        stories: The campaigns.
        hits: Their hits, None without a threshold or a value.
        best: Their best values, None without a value.
        advantage: How much better their chosen molecules are than random ones, all together; None
            without an objective.
    """

    name: str
    stories: Sequence[Story]
    hits: Mean | None
    best: Mean | None
    advantage: Advantage | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Campaigns beside each other.

    Attributes:
        objective: What all of them look for, None if they look for different things.
        groups: The campaigns, those alike together.
        differences: Settings that differ, each with its value in every group.
    """

    objective: Objective | None
    groups: Sequence[Group]
    differences: Mapping[str, Sequence[str]]

    @property
    def stories(self) -> list[Story]:
        """All campaigns."""
        return [story for group in self.groups for story in group.stories]


def compare(stories: Sequence[Story]) -> Comparison:
    """Put campaigns beside each other."""
    objective = _common(stories)
    names = _differing(stories)
    alike: dict[tuple[str, ...], list[Story]] = {}
    for story in stories:
        alike.setdefault(tuple(_value(story, name) for name in names), []).append(story)
    differences = {name: [key[place] for key in alike] for place, name in enumerate(names)}
    groups = [
        _group(_named(names, key, place), same, objective)
        for place, (key, same) in enumerate(alike.items(), start=1)
    ]
    return Comparison(objective, groups, differences)


def judged(story: Story, objective: Objective) -> Sequence[Valued]:
    """Give what an objective says of molecules, in the order in which they were found."""
    return valued(story.findings.found, objective.output)


def curve(story: Story, objective: Objective) -> list[float]:
    """Count the hits after each simulation, or give the best value where there is no threshold."""
    found = judged(story, objective)
    if objective.hit is not None:
        return [float(count) for count in hits_so_far(found, objective)]
    return best_so_far(found, objective)


def mean(numbers: Sequence[float]) -> Mean | None:
    """Average repeats, None if there are none."""
    if not numbers:
        return None
    count = len(numbers)
    if count < 2:
        return Mean(float(numbers[0]), None)
    deviation = float(np.std(numbers, ddof=1))
    return Mean(float(np.mean(numbers)), student_95(count) * deviation / math.sqrt(count))


def _common(stories: Sequence[Story]) -> Objective | None:
    wanted = [story.findings.leading for story in stories]
    known = [each for each in wanted if each is not None]
    return known[0] if known and all(each == known[0] for each in known) else None


def _differing(stories: Sequence[Story]) -> list[str]:
    every = [story.about.identity for story in stories]
    names = dict.fromkeys(name for identity in every for name in identity)
    return [
        name
        for name in names
        if name not in _NEVER_COMPARED
        and len({_shown(identity.get(name)) for identity in every}) > 1
    ]


def _value(story: Story, name: str) -> str:
    return _shown(story.about.identity.get(name))


def _shown(value: object) -> str:
    return "-" if value is None else str(value)


def _named(names: Sequence[str], key: Sequence[str], place: int) -> str:
    if not names:
        return "all"
    told = ", ".join(
        f"{name.split('.')[-1]} {value}" for name, value in zip(names, key, strict=True)
    )
    return told if len(told) <= 40 else f"setting {place}"


def _group(name: str, stories: Sequence[Story], objective: Objective | None) -> Group:
    if objective is None:
        return Group(name, stories, None, None, None)
    found = [each for each in (judged(story, objective) for story in stories) if each]
    told = [story.findings for story in stories]
    chosen = [pick for each in told for pick in model_picks(each.found, objective)]
    drawn = [pick for each in told for pick in random_picks(each.found, objective, each.starter)]
    hits = [count for each in found if (count := count_hits(objective, each)) is not None]
    bests = [best for each in found if not isnan(best := best_so_far(each, objective)[-1])]
    return Group(
        name,
        stories,
        mean(hits),
        mean(bests),
        advantage(chosen, drawn, objective),
    )
