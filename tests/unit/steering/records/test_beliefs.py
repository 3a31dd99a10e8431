"""How far predictions can be believed is told by what became of the molecules they chose."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from support.made_ledgers import HIGH_IP, IP, Made, add_models, made_ledger

from molsteer.steering.ledger import rankings
from molsteer.steering.ledger.rankings import Misses, Ranking
from molsteer.steering.records.figures.beliefs import belief
from molsteer.steering.records.findings import read_findings
from molsteer.steering.report.markdown import render

pytestmark = pytest.mark.fast


def misses(value: Sequence[float], predicted: Sequence[float], spread: float) -> Misses:
    values, means = np.array(value, dtype=np.float64), np.array(predicted, dtype=np.float64)
    ones = np.ones(len(values))
    return Misses(values, values - means, spread * ones, ones, ones)


def test_few_molecules_say_nothing() -> None:
    assert belief(IP, misses([1.0] * 9, [1.0] * 9, 1.0)) is None


def test_shares_of_a_normal_distribution_are_as_they_should() -> None:
    chance = np.random.default_rng(0)
    found = belief(IP, misses(chance.normal(0.5, 2.0, 5000).tolist(), [0.5] * 5000, 2.0))
    assert found is not None
    for share, covered in found.covered.items():
        assert covered == pytest.approx(share, abs=0.02)
    assert found.rank is None
    assert found.bias == pytest.approx(0.0, abs=0.1)
    assert found.strange == 5000  # of labels with the spread 1


def test_what_models_know_as_well_as_their_labels_is_not_strange() -> None:
    found = belief(IP, misses([1.0] * 20, [1.0] * 20, 0.5))
    assert found is not None
    assert found.strange == 0


@pytest.mark.parametrize(("predicted", "rank"), [([1, 2, 2, 3], 1.0), ([3, 2, 2, 1], -1.0)])
def test_ranks_are_compared_with_ties(predicted: list[float], rank: float) -> None:
    found = belief(IP, misses([10.0, 20.0, 20.0, 90.0] * 3, predicted * 3, 1.0))
    assert found is not None
    assert found.rank == pytest.approx(rank)


def test_the_report_says_who_ranked_and_how_far_to_believe_it(tmp_path: Path) -> None:
    results = [
        Made(number, "C" * (number + 1), "xtb", {IP.name: 10.0 + number}, [10.1 + number])
        for number in range(12)
    ]
    with closing(made_ledger(tmp_path, HIGH_IP, results)) as ledger:
        add_models(ledger, 1, [[0.5], [0.7]])
        ranking = Ranking(
            surrogates=("graphs",),
            errors={"graphs": (0.6,)},
            guess=(0.61,),
            scales=(1.0,),
            calibration={},
            widening=(1.0,),
        )
        with ledger.transaction():
            rankings.keep(ledger, 1, ranking)
        findings = read_findings(ledger, "made")
    (update,) = findings.updates
    assert list(update.ranked_by) == ["graphs"]
    assert update.worthless == [IP.key]
    report = render(findings, "plot.svg")
    assert "no better than guessing" in report
    assert "within the 90% interval" in report
    assert "| 1.00 " in report  # of the ranks
