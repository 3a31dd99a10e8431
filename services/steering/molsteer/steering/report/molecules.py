"""The best molecules of a campaign, as tables of whatever was computed of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from molsteer.shared.foreign_text import literal
from molsteer.shared.wire.catalogue import REMARKS
from molsteer.shared.wire.properties import Output
from molsteer.steering.records.findings import Findings
from molsteer.steering.records.found import Found, outputs_of, values_of
from molsteer.steering.records.titles import shown, title_headings
from molsteer.steering.report.table import number, table

BEST_SHOWN = 20

OTHERS_SHOWN = 3
"""How many properties that are not wanted are shown; exports have all of them."""


@dataclass(frozen=True, slots=True)
class Values:
    """What is known of one output.

    Attributes:
        title: Heading of its column.
        by_molecule: Its values by the number of the molecule.
    """

    title: str
    by_molecule: Mapping[int, float]

    def of(self, molecule: int, digits: int = 3) -> str:
        """Write the value of a molecule."""
        return number(self.by_molecule.get(molecule), digits)


def wanted(findings: Findings) -> list[Values]:
    """Give the values of every objective, the leading one first."""
    return [_values(findings, objective.output) for objective in findings.objectives]


def computed_with_it(findings: Findings) -> list[Values]:
    """Give what else was computed at the level of the leading objective."""
    return [_values(findings, output) for output in _others(findings)][:OTHERS_SHOWN]


def predicted_title(findings: Findings) -> str:
    """Head the column of what models expected of the leading objective."""
    unit = findings.leading.output.unit if findings.leading else ""
    return f"predicted / {unit}" if unit else "predicted"


def best_molecules(findings: Findings) -> str:
    """Write the best molecules by the leading objective, with all that is known of them."""
    values = [*wanted(findings), *computed_with_it(findings)]
    headings = ("SMILES", *(each.title for each in values), predicted_title(findings))
    return table(
        (*headings, "found as no.", *_own_titles(findings)),
        [
            (
                literal(found.smiles),
                *(each.of(found.molecule) for each in values),
                findings.starter if found.predicted is None else number(found.predicted),
                found.number,
                *_own_cells(findings, found),
            )
            for found in findings.best(BEST_SHOWN)
        ],
    )


def best_compromises(findings: Findings) -> str:
    """Write the molecules on the Pareto front, the best by the leading objective first."""
    values = wanted(findings)
    by_molecule = {found.molecule: found for found in findings.found}
    return table(
        ("SMILES", *(each.title for each in values), *_own_titles(findings)),
        [
            (
                literal(by_molecule[molecule].smiles),
                *(each.of(molecule) for each in values),
                *_own_cells(findings, by_molecule[molecule]),
            )
            for molecule in findings.pareto[:BEST_SHOWN]
        ],
    )


def remarks(findings: Findings) -> list[str]:
    """Say what a reader of the numbers has to know."""
    methods = {level.name: level.spec.method for level in findings.levels}
    aimed = [objective.output for objective in findings.objectives]
    found = (REMARKS.get((methods.get(each.level, ""), each.name)) for each in aimed)
    return list(dict.fromkeys(filter(None, found)))


def _values(findings: Findings, output: Output) -> Values:
    return Values(findings.title(output), values_of(findings.found, output))


def _others(findings: Findings) -> Sequence[Output]:
    if findings.leading is None:
        return ()
    level = findings.leading.output.level
    known = {objective.output.key for objective in findings.objectives}
    outputs = outputs_of(found for found in findings.found if found.level == level)
    return [output for output in outputs if output.key not in known]


def _own_titles(findings: Findings) -> Iterator[str]:
    yield from (literal(shown(heading)) for heading in title_headings(findings.own_headings))


def _own_cells(findings: Findings, found: Found) -> Iterator[str]:
    for heading in title_headings(findings.own_headings):
        yield literal(shown(found.own.get(heading, "")))
