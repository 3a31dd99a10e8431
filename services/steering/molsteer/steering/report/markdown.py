"""The report of a campaign as Markdown."""

from __future__ import annotations

from molsteer.shared.foreign_text import literal
from molsteer.steering.records.agreement import contradiction
from molsteer.steering.records.findings import Findings, Group
from molsteer.steering.records.titles import shown, title_headings
from molsteer.steering.report.table import number, table

BEST_SHOWN = 20

_WHAT_IT_IS = {
    "xtb": "These are plain differences of GFN2-xTB energies, about 4.8 eV above experiments in "
    "most cases. xtb's own `--vip` subtracts an empirical 4.8455 eV from the vertical one.\n",
}
"""What the numbers of a level of theory are, where that is known here."""


def render(findings: Findings, plot_file: str) -> str:
    """Write the report.

    Args:
        findings: The campaign.
        plot_file: Name of the discovery plot beside the report.
    """
    titles = title_headings(findings.own_headings)
    best = [
        (
            literal(molecule.smiles),
            f"{molecule.adiabatic_eV:.3f}",
            f"{molecule.vertical_eV:.3f}",
            findings.starter if molecule.predicted_eV is None else f"{molecule.predicted_eV:.3f}",
            molecule.number,
            *(literal(shown(molecule.own.get(heading, ""))) for heading in titles),
        )
        for molecule in findings.best(BEST_SHOWN)
    ]
    sections = [
        f"# Campaign {findings.name}\n",
        _summary(findings),
        *_warnings(findings),
        "## Best molecules\n",
        table(
            (
                *("SMILES", "adiabatic / eV", "vertical / eV", "predicted / eV", "found as no."),
                *(literal(shown(heading)) for heading in titles),
            ),
            best,
        ),
        *([_WHAT_IT_IS[findings.level]] if findings.level in _WHAT_IT_IS else []),
        f"## Against the {findings.starter} start\n",
        _comparison(findings),
        f"![Discovery plot]({plot_file})\n",
        "## Models\n",
        table(
            ("update", "members", "labels", "held-out error / eV", "device"),
            [
                (u.generation, u.members, u.labels, f"{u.validation_mae_eV:.3f}", literal(u.device))
                for u in findings.updates
            ],
        ),
        "## Tasks\n",
        table(
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
        ),
    ]
    if findings.failures:
        failures = [
            (literal(kind.code), kind.count, literal(kind.message)) for kind in findings.failures
        ]
        sections += ["## Failures\n", table(("kind", "count", "the last one"), failures)]
    return "\n".join(sections)


def _warnings(findings: Findings) -> list[str]:
    told = contradiction(findings.known_labels_apart_eV)
    return [f"**Careful.** {told}\n"] if told else []


def _summary(findings: Findings) -> str:
    state = f"ended: {findings.finished}" if findings.finished else "not ended yet"
    before = f", {findings.known_labels} labels known before" if findings.known_labels else ""
    if findings.given_models:
        before += f", first ranking by {findings.given_models} models trained before"
    minutes = findings.elapsed_s / 60
    return f"{len(findings.found)} molecules simulated in {minutes:.1f} minutes{before}; {state}.\n"


def _comparison(findings: Findings) -> str:
    limit = f"above {findings.hit_above_eV:g} eV"
    return table(
        ("", "molecules", limit, "share", "best / eV", "mean / eV"),
        [
            _group_row(f"{findings.starter} start", findings.start),
            _group_row("chosen by the models", findings.steered),
        ],
    )


def _group_row(name: str, group: Group) -> tuple[object, ...]:
    share = f"{group.hits / group.count:.0%}" if group.count else "-"
    return name, group.count, group.hits, share, number(group.best_eV), number(group.mean_eV)
