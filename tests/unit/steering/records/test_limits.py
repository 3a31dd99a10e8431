"""What breaks a limit is no hit, not the best and on no front, wherever hits are counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console
from support.made_campaigns import made_campaign
from support.made_ledgers import IP, Made

from molsteer.shared.cli.main import molsteer
from molsteer.shared.wire.properties import Limit, Objective, Output
from molsteer.steering.cli.console import show_findings
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.browsing.listing import read_listing
from molsteer.steering.records.browsing.query import Query
from molsteer.steering.records.evidence import read_evidence
from molsteer.steering.records.figures.achieved import achieved
from molsteer.steering.records.figures.bests import best, best_of, hits, on_front
from molsteer.steering.records.findings import read_findings
from molsteer.steering.records.hits import Valued, count_hits, is_hit
from molsteer.steering.records.judging.against_chance import advantages
from molsteer.steering.records.limits import breaking
from molsteer.steering.records.progress import measure
from molsteer.steering.records.tables.tables import MOLECULES
from molsteer.steering.records.watching.comparison import compare
from molsteer.steering.records.watching.story import read_story
from molsteer.steering.report.markdown import render
from molsteer.steering.report.page.answers import found

pytestmark = pytest.mark.fast

SOLVATION = Output(name="solvation_energy", level="xtb", unit="eV")
GAP = Output(name="homo_lumo_gap", level="xtb", unit="eV")
HIGH = Objective(output=IP, hit=14.5)
SOLUBLE = Limit(output=SOLVATION, below=-0.3)


def made(
    molecule: int, value: float, solvation: float | None, expected: float | None = None
) -> Made:
    values = {IP.name: value, GAP.name: 20.0 - value}
    if solvation is not None:
        values[SOLVATION.name] = solvation
    told = None if expected is None else (value, 20.0 - value, expected)
    return Made(molecule, "C" * (molecule + 1), "xtb", values, told)


RESULTS = (
    made(0, 14.0, -0.5),
    made(1, 14.6, -0.4),  # a hit
    made(2, 16.0, -0.1),  # would be, and the best
    made(3, 15.0, None, -0.35),  # a hit by what was predicted
    made(4, 15.5, None, -0.2),  # no hit, likewise
    made(5, 15.8, None),  # nothing tells
    made(6, 14.7, -0.2, -0.6),  # the label decides, and not what was predicted
)


def campaign(folder: Path, limits: tuple[Limit, ...] = (SOLUBLE,)) -> Ledger:
    low_gap = Objective(output=GAP, goal="minimise")
    outputs = [IP, GAP, SOLVATION]
    return made_campaign(folder, [HIGH, low_gap], RESULTS, limits=limits, outputs=outputs)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(campaign(tmp_path)) as ledger:
        yield ledger


def test_a_hit_passes_the_threshold_and_keeps_the_limits() -> None:
    assert is_hit(HIGH, Valued(15.0))
    assert not is_hit(HIGH, Valued(15.0, keeps=False))
    assert not is_hit(HIGH, Valued(14.0))
    assert count_hits(HIGH, [Valued(15.0), Valued(15.0, keeps=False), Valued(14.0)]) == 1
    assert count_hits(Objective(output=IP), [Valued(15.0)]) is None


def test_the_label_decides_and_without_one_what_was_predicted(ledger: Ledger) -> None:
    assert breaking(ledger) == {2, 4, 5, 6}


def test_without_a_limit_nothing_is_broken(tmp_path: Path) -> None:
    with closing(campaign(tmp_path / "free", limits=())) as ledger:
        assert breaking(ledger) == set()
        assert hits(ledger, HIGH) == 6


def test_all_that_count_hits_count_the_same(ledger: Ledger) -> None:
    findings = read_findings(ledger, "made")
    (comparison,) = [each for each in findings.comparisons if each.objective == HIGH]
    (against,) = [each for each in advantages(ledger) if each.objective == HIGH]
    page = read_listing(ledger, Query(group="hits"))
    story = read_story(ledger.folder)
    assert hits(ledger, HIGH) == 2
    assert measure(ledger, budget=10, activity="", now=10.0).hits == 2
    assert next(achieved(ledger)).hits == 2
    assert (comparison.start.hits, comparison.steered.hits) == (1, 1)
    assert (against.chosen_hits, against.drawn_hits) == (1, 1)
    assert read_evidence(ledger).hits == 1  # of those that no model chose
    assert [rows[0].molecule for rows in page.rows] == [3, 1]
    assert found(story).startswith("2 hits (above 14.5 eV) among 7 molecules.")
    group = compare([story]).groups[0]
    assert group.hits is not None
    assert group.hits.value == 2


def test_the_best_keeps_the_limits(ledger: Ledger) -> None:
    leader = best(ledger, HIGH)
    assert leader is not None
    assert leader.molecule == 3
    assert best_of(ledger, HIGH, 2) == ["CCCC", "CC"]
    assert [each.molecule for each in read_findings(ledger, "made").best(9)] == [3, 1, 0]


def test_the_front_keeps_the_limits(ledger: Ledger) -> None:
    findings = read_findings(ledger, "made")
    assert findings.pareto == [3]  # the gap falls as the potential grows
    assert on_front(ledger, findings.objectives) == 1
    assert findings.fronts[-1].number == 4


def test_limits_and_how_many_keep_them_are_told(ledger: Ledger) -> None:
    told = "Limits that hits keep: solvation energy below -0.3 eV (3 of 7 molecules do)."
    assert told in render(read_findings(ledger, "made"))
    assert found(read_story(ledger.folder)).endswith(told)
    for command in ("status", "top"):
        shown = CliRunner().invoke(molsteer, [command, str(ledger.folder)]).output
        assert told in " ".join(shown.split())
    top = CliRunner().invoke(molsteer, ["top", str(ledger.folder)]).output
    assert "16.000" not in top  # the best of all breaks the limit


def test_a_search_in_which_nothing_keeps_the_limits_says_so(tmp_path: Path) -> None:
    limit = Limit(output=SOLVATION, below=-9.0)
    with closing(campaign(tmp_path / "none", (limit,))) as ledger:
        assert best(ledger, HIGH) is None
        assert found(read_story(ledger.folder)).startswith("Not yet: no molecule keeps all limits.")
        findings = read_findings(ledger, "made")
        render(findings)
        show_findings(findings, Console(file=(shown := StringIO())))
        assert "0 above 14.5 eV, none keeps the limits, mean" in shown.getvalue()


def test_the_table_of_molecules_says_who_keeps_the_limits(ledger: Ledger) -> None:
    (column,) = [each for each in MOLECULES.columns if each.name == "keeps_limits"]
    assert column.kind == "boolean"
    out = ledger.folder / "out"
    told = CliRunner().invoke(molsteer, ["export", str(ledger.folder), "-o", str(out)])
    assert told.exit_code == 0, told.output
    rows = (out / "molecules.csv").read_text(encoding="utf-8").splitlines()
    place = rows[0].split(",").index("keeps_limits")
    assert [row.split(",")[place] for row in rows[1:]] == [
        *("True", "True", "False", "True", "False", "False", "False")
    ]
