"""The report of a campaign as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from molsteer.shared.foreign_text import literal
from molsteer.shared.wording import counted
from molsteer.steering.ledger.additions import told as what_came
from molsteer.steering.records.aims import bar
from molsteer.steering.records.figures.advantage import told
from molsteer.steering.records.figures.groups import Comparison, Group
from molsteer.steering.records.figures.pareto.history import told as told_of_front
from molsteer.steering.records.findings import Findings
from molsteer.steering.records.judging.agreement import contradiction
from molsteer.steering.records.moved import told as told_of_sites
from molsteer.steering.report import moved
from molsteer.steering.report.levels import HEADINGS, agreement
from molsteer.steering.report.models import models, worthless
from molsteer.steering.report.molecules import best_compromises, best_molecules, remarks
from molsteer.steering.report.table import number, table


def render(findings: Findings, *plots: str) -> str:
    """Write the report.

    Args:
        findings: The campaign.
        plots: Names of the discovery plots beside the report.
    """
    return "\n".join(
        [
            f"# Campaign {findings.name}\n",
            _summary(findings),
            *_warnings(findings),
            *([f"{findings.told_of_limits}\n"] if findings.limits else []),
            *_levels(findings),
            "## Best molecules\n",
            best_molecules(findings),
            *(f"{remark}\n" for remark in remarks(findings)),
            *_compromises(findings),
            *_comparisons(findings),
            *_recall(findings),
            *(f"![Discovery plot]({plot})\n" for plot in plots),
            *models(findings),
            "## Tasks\n",
            _tasks(findings),
            *_machines(findings),
            *_moved(findings),
            *_failures(findings),
        ]
    )


def _warnings(findings: Findings) -> list[str]:
    told = (contradiction(findings.known_labels_apart), worthless(findings))
    return [f"**Careful.** {each}\n" for each in told if each]


def _summary(findings: Findings) -> str:
    state = f"ended: {findings.finished}" if findings.finished else "not ended yet"
    before = f", {findings.known_labels} labels known before" if findings.known_labels else ""
    if findings.given_models:
        before += f", first ranking by {findings.given_models} models trained before"
    added = "".join(f", {literal(what_came(each))} added" for each in findings.additions)
    molecules = len({found.molecule for found in findings.found})
    minutes = findings.elapsed_s / 60
    return f"{molecules} molecules simulated in {minutes:.1f} minutes{before}{added}; {state}.\n"


def _levels(findings: Findings) -> Iterator[str]:
    if len(findings.reached) < 2:
        return
    methods = {level.name: level.spec.method for level in findings.levels}
    yield "## Levels\n"
    yield table(
        ("level", "method", "simulated", "wanted", "CPU / s"),
        [
            (
                *(each.level, methods.get(each.level, "-"), each.done, each.budget),
                number(findings.level_cpu_s.get(each.level), 1),
            )
            for each in findings.reached
        ],
    )
    if findings.between_levels:
        yield table(HEADINGS, agreement(findings))


def _compromises(findings: Findings) -> Iterator[str]:
    if len(findings.objectives) < 2:
        return
    yield "## Best compromises\n"
    yield (
        f"{counted(len(findings.pareto), 'molecule')} of which no other simulated one is at least "
        f"as good by every objective and better by one (the Pareto front).\n"
    )
    yield f"{told_of_front(findings.fronts)}\n"
    yield best_compromises(findings)


def _comparisons(findings: Findings) -> Iterator[str]:
    yield f"## Against the {findings.starter} start\n"
    for comparison in findings.comparisons:
        if len(findings.comparisons) > 1:
            yield f"### {findings.title(comparison.objective.output)}\n"
        yield _comparison(comparison, findings.starter)
        for found in findings.against_chance:
            if found.objective == comparison.objective:
                yield f"{told(found)}\n"


def _comparison(comparison: Comparison, starter: str) -> str:
    unit = comparison.objective.output.unit
    hits = bar(comparison.objective)
    return table(
        (
            *("", "molecules"),
            *((hits, "share") if hits else ()),
            *(f"{name} / {unit}" if unit else name for name in ("best", "mean")),
        ),
        [
            _group_row(f"{starter} start", comparison.start),
            *(
                [_group_row("drawn as control", comparison.control)]
                if comparison.control.count
                else []
            ),
            _group_row("chosen by the models", comparison.steered),
        ],
    )


def _recall(findings: Findings) -> Iterator[str]:
    if findings.recall is not None:
        yield f"{findings.recall.told}\n"


def _group_row(name: str, group: Group) -> tuple[object, ...]:
    share = "-" if group.hits is None or not group.count else f"{group.hits / group.count:.0%}"
    hits = () if group.hits is None else (group.hits, share)
    return name, group.count, *hits, number(group.best), number(group.mean)


def _tasks(findings: Findings) -> str:
    return table(
        ("topic", "ended", "count", "CPU / s", "mean wait / s", "mean run / s"),
        [
            (
                t.topic,
                t.status,
                t.count,
                *(f"{s:.1f}" for s in (t.cpu_s, t.mean_wait_s, t.mean_run_s)),
            )
            for t in findings.tasks
        ],
    )


def _machines(findings: Findings) -> Iterator[str]:
    if not findings.machines:
        return
    priced = any(each.cost is not None for each in findings.machines)
    yield "## Machines\n"
    yield "What workers held while the campaign was steered, at work or not.\n"
    yield table(
        (
            *("topic", "site", "core hours", "GPU hours"),
            *((f"cost / {literal(findings.currency)}",) if priced else ()),
        ),
        [
            (
                *(each.topic, literal(each.site), number(each.core_hours, 2)),
                number(each.gpu_hours, 2),
                *((number(each.cost, 2),) if priced else ()),
            )
            for each in findings.machines
        ],
    )


def _moved(findings: Findings) -> Iterator[str]:
    if not findings.moved:
        return
    yield "## Data\n"
    yield from (f"{literal(each)}\n" for each in told_of_sites(findings.traffic))
    yield table(moved.HEADINGS, moved.rows(findings.moved))


def _failures(findings: Findings) -> Iterator[str]:
    if findings.failures:
        yield "## Failures\n"
        yield table(
            ("kind", "count", "the last one"),
            [(literal(kind.code), kind.count, literal(kind.message)) for kind in findings.failures],
        )
