"""Who counts as chosen by chance, and where that is told."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_jsonable_python
from support.made_ledgers import HIGH_IP, IP, Made, made_ledger

from molsteer.shared.wire.properties import Objective, Output
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.live.describing import describe
from molsteer.steering.policy.plan import Rung
from molsteer.steering.records.figures.advantage import Advantage, advantage
from molsteer.steering.records.findings import read_findings
from molsteer.steering.records.hits import Valued
from molsteer.steering.records.judging.against_chance import advantages
from molsteer.steering.records.progress import measure
from molsteer.steering.report.markdown import render

pytestmark = pytest.mark.fast


def of_three_kinds(folder: Path, **identity: object) -> Ledger:
    """Make a campaign whose start, control and models have one, two and nine hits."""
    results = list[Made]()

    def add(hits: int, count: int, expected: Sequence[float] | None, *, by_chance: bool) -> None:
        for place in range(count):
            value = 15.0 if place < hits else 12.0
            number = len(results)
            made = Made(number, "C", "xtb", {IP.name: value}, expected, by_chance)
            results.append(replace(made, smiles="C" * (number + 1)))

    add(1, 8, None, by_chance=False)
    add(2, 12, [13.0], by_chance=True)
    add(9, 12, [14.0], by_chance=False)
    return made_ledger(folder, HIGH_IP, results, **identity)


def groups(found: Advantage) -> tuple[int | None, ...]:
    return found.chosen_hits, found.chosen, found.drawn_hits, found.drawn


def test_a_random_start_and_controls_are_what_chance_chose(tmp_path: Path) -> None:
    (found,) = advantages(of_three_kinds(tmp_path))
    assert groups(found) == (9, 12, 3, 20)
    assert found.times_better is not None
    assert found.times_better.value == pytest.approx(5.0)


def test_a_start_that_is_spread_over_clusters_is_not_chance(tmp_path: Path) -> None:
    (found,) = advantages(of_three_kinds(tmp_path, **{"policy.starter": "k-means"}))
    assert groups(found) == (9, 12, 2, 12)


def test_the_report_compares_all_three_and_says_how_sure_it_is(tmp_path: Path) -> None:
    findings = read_findings(of_three_kinds(tmp_path), "made")
    (comparison,) = findings.comparisons
    counts = [each.count for each in (comparison.start, comparison.control, comparison.steered)]
    assert counts == [8, 12, 12]
    report = render(findings, "plot.png")
    assert "| drawn as control" in report
    assert "Models choose hits 5 times (95 % sure: " in report


def test_status_says_it_too_and_its_json_can_be_read_anywhere(tmp_path: Path) -> None:
    ledger = of_three_kinds(tmp_path)
    progress = measure(ledger, budget=40, activity="running", now=9.0)
    progress = replace(progress, against_chance=next(advantages(ledger)))
    assert any(part.startswith("hits 5 times (95 % sure: ") for part in describe(progress))
    document = json.dumps(to_jsonable_python(progress), allow_nan=False)
    assert json.loads(document)["against_chance"]["times_better"]["value"] == pytest.approx(5.0)


def test_what_climbed_is_not_compared_because_chance_did_not_let_it_climb(tmp_path: Path) -> None:
    upper = Output(name=IP.name, level="dear", unit="eV")
    results = [
        Made(number, "C" * (number + 1), level, {IP.name: 13.0 + number}, expected)
        for level in ("xtb", "dear")
        for number, expected in enumerate([None, [14.0]])
    ]
    wanted = (Objective(output=upper, hit=14.5),)
    ledger = made_ledger(tmp_path, wanted, results, outputs=(upper,), rungs=[Rung("dear", 1.0)])
    assert list(advantages(ledger)) == []


PICKS = st.lists(
    st.tuples(st.sampled_from("smc"), st.sampled_from([11.0, 12.5, 13.0, 13.5, 14.0, 15.25])),
    min_size=1,
    max_size=25,
)
GOALS = st.sampled_from(
    [
        Objective(output=IP, hit=13.0),
        Objective(output=IP),
        Objective(output=IP, goal="minimise", hit=12.5),
        Objective(output=IP, goal="reach", target=13.0, hit=0.5),
    ]
)


@settings(deadline=None, max_examples=60)
@given(PICKS, GOALS, st.sampled_from(["random", "k-means"]))
def test_what_models_chose_follows_from_what_they_did_not(
    picks: list[tuple[str, float]], objective: Objective, starter: str
) -> None:
    """The start, models and controls, in any mixture, as if all labels were read and sorted."""
    expected = {"s": None, "m": [14.0], "c": [13.0]}
    results = [
        Made(number, "C" * (number + 1), "xtb", {IP.name: value}, expected[who], who == "c")
        for number, (who, value) in enumerate(picks)
    ]
    chance = "sc" if starter == "random" else "c"
    chosen = [Valued(value) for who, value in picks if who == "m"]
    drawn = [Valued(value) for who, value in picks if who in chance]
    with tempfile.TemporaryDirectory() as folder:
        identity = {"policy.starter": starter}
        with closing(made_ledger(Path(folder), (objective,), results, **identity)) as ledger:
            found = next(advantages(ledger), None)
    assert found == advantage(chosen, drawn, objective)
