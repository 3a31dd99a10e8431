"""Several campaigns as one HTML file, or as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isnan
from typing import Any

from molsteer.shared.foreign_text import literal, one_line
from molsteer.shared.wire.properties import Objective, written
from molsteer.steering.records.aims import bar
from molsteer.steering.records.figures import advantage
from molsteer.steering.records.figures.so_far import best_so_far
from molsteer.steering.records.hits import count_hits
from molsteer.steering.records.watching.comparison import Comparison, Mean, judged
from molsteer.steering.records.watching.story import Story
from molsteer.steering.report.figures.comparison import compared as drawn
from molsteer.steering.report.page.answers import core_time
from molsteer.steering.report.page.drawings import drawing
from molsteer.steering.report.page.page import CARDS_SHOWN, rendered, state
from molsteer.steering.report.page.sheets import Card, Sheet
from molsteer.steering.report.table import number, table


def render_comparison(comparison: Comparison) -> str:
    """Write the page of several campaigns."""
    return rendered("comparison.html", **told(comparison))


def told(comparison: Comparison) -> dict[str, Any]:
    """Give what the page of several campaigns shows, by the names of its template."""
    return {
        "title": _title(comparison),
        "comparison": comparison,
        "lead": lead(comparison),
        "campaigns": campaigns(comparison),
        "groups": groups(comparison),
        "differences": differences(comparison),
        "drawings": list(drawn(comparison)),
        "best": list(best(comparison)),
        "failures": failures(comparison),
    }


def render_comparison_markdown(comparison: Comparison) -> str:
    """Write the same as Markdown, without figures."""
    parts = [f"# {_title(comparison)}\n", f"{lead(comparison)}\n", "## Campaigns\n"]
    parts.append(_markdown(campaigns(comparison)))
    for name, sheet in (
        ("Settings that differ", differences(comparison)),
        ("Together", groups(comparison)),
        ("Failures", failures(comparison)),
    ):
        if sheet.rows:
            parts += [f"## {name}\n", _markdown(sheet)]
    return "\n".join(parts)


def _markdown(sheet: Sheet) -> str:
    return table(sheet.headings, [[literal(cell) for cell in row] for row in sheet.rows])


def _title(comparison: Comparison) -> str:
    return f"{len(comparison.stories)} campaigns"


def lead(comparison: Comparison) -> str:
    """Say what is compared, and how far that makes sense."""
    if comparison.objective is None:
        return (
            "These campaigns look for different things, or have not begun, so that their values "
            "are not compared; each is listed with its own."
        )
    output = comparison.objective.output
    hits = bar(comparison.objective)
    what = f"{output.name.replace('_', ' ')} at the level {output.level}"
    told = f"All look for the {what}{f'; a hit is {hits}' if hits else ''}."
    if len(comparison.groups) == 1:
        return f"{told} Their settings are alike but for the seed."
    if "campaign.space" in comparison.differences:
        told += " They do not search the same molecules."
    return f"{told} Those whose settings are alike are repeats, and are taken together."


def campaigns(comparison: Comparison) -> Sheet:
    """List every campaign."""
    return Sheet(
        ("run directory", "campaign", "setting", "seed", "state", "done", "best", "hits", "cost"),
        [
            (
                *(one_line(story.folder.name), one_line(story.findings.name), group.name),
                *(str(story.about.settings.campaign.seed), state(story)),
                f"{sum(each.done for each in story.findings.reached):,}",
                *_found(story),
                core_time(sum(each.cpu_s for each in story.findings.tasks)),
            )
            for group in comparison.groups
            for story in group.stories
        ],
    )


def _found(story: Story) -> tuple[str, str]:
    objective = story.findings.leading
    found = judged(story, objective) if objective else []
    if objective is None or not found:
        return "-", "-"
    best, hits = best_so_far(found, objective)[-1], count_hits(objective, found)
    told = "-" if isnan(best) else written(best, objective.output.unit)
    return told, "-" if hits is None else str(hits)


def groups(comparison: Comparison) -> Sheet:
    """Sum up those whose settings are alike."""
    return Sheet(
        ("setting", "campaigns", "hits, mean", "best, mean", "against random, all together"),
        [
            (
                *(group.name, str(len(group.stories))),
                *(_mean(group.hits, 1), _mean(group.best, 3)),
                advantage.told(group.advantage) if group.advantage else "-",
            )
            for group in comparison.groups
        ],
    )


def _mean(found: Mean | None, digits: int) -> str:
    if found is None:
        return "-"
    error = "" if found.error is None else f" ± {number(found.error, digits)}"
    return f"{number(found.value, digits)}{error}"


def differences(comparison: Comparison) -> Sheet:
    """List the settings that differ."""
    return Sheet(
        ("setting", *(group.name for group in comparison.groups)),
        [
            (name, *(one_line(each) for each in found))
            for name, found in comparison.differences.items()
        ],
    )


def failures(comparison: Comparison) -> Sheet:
    """List what failed in which campaign."""
    return Sheet(
        ("run directory", "kind", "count", "the last one said"),
        [
            (
                *(one_line(story.folder.name), one_line(kind.code), f"{kind.count:,}"),
                one_line(kind.message),
            )
            for story in comparison.stories
            for kind in story.findings.failures
        ],
    )


def best(comparison: Comparison) -> Iterator[Card]:
    """Describe the best molecules of all campaigns, and in how many each was found."""
    objective = comparison.objective
    if objective is None:
        return
    known = dict[str, list[float]]()
    for story in comparison.stories:
        for each in story.findings.found:
            if (value := each.value(objective.output)) is not None:
                known.setdefault(each.smiles, []).append(value)
    ranked = sorted(known, key=lambda smiles: -max(map(objective.merit, known[smiles])))
    for smiles in ranked[:CARDS_SHOWN]:
        yield _card(smiles, known[smiles], objective, len(comparison.stories))


def _card(smiles: str, found: Sequence[float], objective: Objective, campaigns: int) -> Card:
    value = written(max(found, key=objective.merit), objective.output.unit)
    name = objective.output.name.replace("_", " ")
    return Card(
        drawing(smiles),
        one_line(smiles),
        (),
        [(name, value)],
        [("found in", f"{len(found)} of {campaigns}")],
    )
