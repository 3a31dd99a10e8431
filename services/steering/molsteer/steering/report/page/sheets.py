"""The tables of a page, as text that the page escapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from molsteer.shared.foreign_text import one_line
from molsteer.shared.wording import counted
from molsteer.steering.ledger.additions import told
from molsteer.steering.records.durations import Distribution
from molsteer.steering.records.figures.pareto.history import told as told_of_front
from molsteer.steering.records.findings import Findings
from molsteer.steering.records.found import Found
from molsteer.steering.records.titles import shown, title_headings
from molsteer.steering.records.watching.story import Story
from molsteer.steering.report.levels import HEADINGS, agreement
from molsteer.steering.report.molecules import (
    BEST_SHOWN,
    Values,
    computed_with_it,
    predicted_title,
    wanted,
)
from molsteer.steering.report.page.answers import hours
from molsteer.steering.report.page.drawings import drawing
from molsteer.steering.report.table import number


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table.

    Attributes:
        headings: One for each column.
        rows: Their cells as text.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Card:
    """One of the best molecules.

    Attributes:
        image: Address of its drawing, None if it cannot be drawn.
        smiles: The molecule.
        names: What the user's own file calls it.
        values: Of the objectives, each behind the name of the property.
        facts: How it was found, by heading.
    """

    image: str | None
    smiles: str
    names: Sequence[str]
    values: Sequence[tuple[str, str]]
    facts: Sequence[tuple[str, str]]


def best(findings: Findings, count: int = BEST_SHOWN) -> list[Card]:
    """Describe the best molecules by the leading objective."""
    return [_card(findings, each, wanted(findings)) for each in findings.best(count)]


def compromises(findings: Findings) -> list[Card]:
    """Describe the molecules on the Pareto front."""
    by_molecule = {each.molecule: each for each in findings.found}
    front = [by_molecule[molecule] for molecule in findings.pareto[:BEST_SHOWN]]
    return [_card(findings, each, wanted(findings)) for each in front]


def of_front(findings: Findings) -> Mapping[str, str]:
    """Say how many there are, and how they were found."""
    molecules = counted(len(findings.pareto), "molecule")
    return {"molecules": molecules, "told": told_of_front(findings.fronts)}


def _card(findings: Findings, found: Found, values: Sequence[Values]) -> Card:
    known = list[tuple[str, str]]()
    if found.predicted is not None:
        spread = f" ± {number(found.spread, 2)}" if found.spread else ""
        known.append(("predicted", f"{number(found.predicted, 2)}{spread}"))
    else:
        known.append(("chosen by", f"{findings.starter} start"))
    names = [
        cell
        for heading in title_headings(findings.own_headings)
        if (cell := shown(found.own.get(heading, "")))
    ]
    return Card(
        drawing(found.smiles),
        one_line(found.smiles),
        names,
        [_known(each, found) for each in values],
        [*known, ("found as no.", str(found.number))],
    )


def _known(values: Values, found: Found) -> tuple[str, str]:
    """Write a value with its unit, which headings have behind the name of the property."""
    title, _, unit = values.title.partition(" / ")
    unit, _, level = unit.partition(", ")
    return f"{title}, {level}" if level else title, f"{values.of(found.molecule)} {unit}".rstrip()


def best_table(findings: Findings) -> Sheet:
    """List the best molecules with all that is known of them."""
    values = [*wanted(findings), *computed_with_it(findings)]
    own = title_headings(findings.own_headings)
    return Sheet(
        (
            *("SMILES", *map(shown, own), *(each.title for each in values)),
            *(predicted_title(findings), "spread", "found as no."),
        ),
        [
            (
                *(one_line(found.smiles), *(shown(found.own.get(heading, "")) for heading in own)),
                *(each.of(found.molecule) for each in values),
                findings.starter if found.predicted is None else number(found.predicted, 2),
                number(found.spread, 2),
                str(found.number),
            )
            for found in findings.best(BEST_SHOWN)
        ],
    )


def levels(findings: Findings) -> Sheet:
    """Tell what was done at each level."""
    methods = {level.name: level.spec for level in findings.levels}
    return Sheet(
        ("level", "method", "surroundings", "simulated", "wanted", "CPU / s"),
        [
            (
                *(each.level, methods[each.level].method if each.level in methods else "-"),
                (methods[each.level].solvent or "vacuum") if each.level in methods else "-",
                *(f"{each.done:,}", f"{each.budget:,}"),
                number(findings.level_cpu_s.get(each.level), 1),
            )
            for each in findings.reached
        ],
    )


def between_levels(findings: Findings) -> Sheet:
    """Tell how far levels agree."""
    return Sheet(HEADINGS, agreement(findings))


def failures(findings: Findings) -> Sheet:
    """Tell what failed."""
    return Sheet(
        ("kind", "count", "the last one said"),
        [
            (one_line(each.code), f"{each.count:,}", one_line(each.message))
            for each in findings.failures
        ],
    )


def costs(story: Story) -> Sheet:
    """Tell what each topic took."""
    by_topic = {each.topic: each for each in story.latencies.topics} if story.latencies else {}
    rows = list[Sequence[str]]()
    for topic in ("simulate", "train", "infer"):
        tasks = [each for each in story.findings.tasks if each.topic == topic]
        if not tasks:
            continue
        cpu_s, count = sum(each.cpu_s for each in tasks), sum(each.count for each in tasks)
        succeeded = sum(each.count for each in tasks if each.status == "ok")
        use = by_topic.get(tasks[0].topic)  # type: ignore[call-overload]
        rows.append(
            (
                *(topic, f"{count:,}", f"{succeeded:,}", hours(cpu_s)),
                hours(use.busy_s) if use else "-",
                hours(use.slot_time_s) if use else "-",
                f"{cpu_s / succeeded:.1f}" if succeeded else "-",
            )
        )
    return Sheet(
        (
            *("topic", "tasks", "succeeded", "processor / core-h", "busy / worker-h"),
            *("slots there / worker-h", "processor for each success / s"),
        ),
        rows,
    )


def waits(story: Story) -> Sheet:
    """Tell where the time of tasks went."""
    return Sheet(
        ("topic", "interval", "count", "median / s", "mean / s", "95 % below / s"),
        list(_waits(story)),
    )


def _waits(story: Story) -> Iterator[Sequence[str]]:
    if story.latencies is None:
        return
    for topic in story.latencies.topics:
        for interval, found in topic.intervals.items():
            if found is not None:
                yield topic.topic, interval, *_figures(found)
    for name, known in (
        ("simulation settled to the next one ordered", story.latencies.decision),
        ("first training ordered to last chunk scored", story.latencies.update),
        ("simulator idle between two tasks", story.latencies.simulator_idle),
    ):
        if known is not None:
            yield "steering", name, *_figures(known)


def _figures(found: Distribution) -> Sequence[str]:
    return f"{found.count:,}", number(found.median_s), number(found.mean_s), number(found.p95_s)


_SHOWN_SECTIONS = ("campaign", "level", "objective", "policy", "simulate", "train", "infer")
_PATHS = {"space", "training_set", "models", "run_dir"}
"""Paths tell about a machine, which is nobody's matter where a report is mailed to."""


def settings(story: Story) -> Sheet:
    """List the settings that decide what a campaign does."""
    told = story.about.settings.model_dump(mode="json", include=set(_SHOWN_SECTIONS))
    rows = list[Sequence[str]]()
    for section in _SHOWN_SECTIONS:
        groups = told[section] if isinstance(told[section], list) else [told[section]]
        for place, group in enumerate(groups, start=1):
            name = f"{section} {place}" if len(groups) > 1 else section
            rows += [
                (f"{name}.{key}", one_line(str(value)))
                for key, value in group.items()
                if value not in (None, [], ()) and key not in _PATHS
            ]
    return Sheet(("setting", "value"), rows)


def identity(story: Story) -> Sheet:
    """Name what the campaign was, so that it can be found and repeated."""
    about = story.about
    packages = about.host.get("molsteer")
    versions = sorted(packages.items()) if isinstance(packages, dict) else []
    rows = [
        ("campaign", about.campaign or "-"),
        ("seed", str(about.settings.campaign.seed)),
        ("files of molecules", ", ".join(map(one_line, about.sources)) or "-"),
        ("molecules searched", f"{size:,}" if (size := story.findings.space_size) else "-"),
        ("digest of the molecules", str(about.identity.get("campaign.space", "-"))),
        ("programs of the labels", ", ".join(about.engines) or "-"),
        ("RDKit", about.rdkit or "-"),
        *((str(name), str(version)) for name, version in versions),
        *(
            (title, str(about.host[name]))
            for name, title in (("python", "Python"), ("system", "system"), ("cores", "cores"))
            if name in about.host
        ),
        *((f"changed: {name}", str(value)) for name, value in about.changes.items()),
        *((f"added: {told(each)}", each.sha256) for each in story.findings.additions),
    ]
    return Sheet(("what", "value"), [(one_line(name), one_line(value)) for name, value in rows])
