"""What chance chose is known as such, with what models expected of it, after crashes too."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.steering.records.findings import read_findings
from molsteer.steering.records.judging.against_chance import advantages
from molsteer.steering.report.markdown import render
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.verification.verify import verify

pytestmark = pytest.mark.fast

SHARE = 0.25


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


def a_toy(folder: Path, space: SearchSpace, share: float = SHARE) -> ToyCampaign:
    folder.mkdir(exist_ok=True)
    plan = toy_plan(space, budget=40, control_share=share, seed=3, during_update="pause")
    return ToyCampaign(folder, space, plan)


def rows(toy: ToyCampaign, query: str) -> Sequence[tuple[object, ...]]:
    with closing(toy.open_ledger()) as ledger:
        return [tuple(row) for row in ledger.connection.execute(query)]


CHOICES = (
    "SELECT molecule, by_chance, choice.generation, means FROM choice"
    " JOIN result USING (molecule) ORDER BY molecule"
)


def test_controls_are_known_as_such_with_what_models_expected_of_them(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy = a_toy(tmp_path, space)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    campaign.dispatching.retire()
    choices = rows(toy, CHOICES)
    drawn = [row for row in choices if row[1]]
    assert len(drawn) == len(choices) // 4 > 5
    assert all(means is not None for *_, means in drawn), "each was asked about before"
    by_models = rows(toy, "SELECT count(*) FROM result WHERE generation > 0")
    assert by_models == [(len(choices) - len(drawn),)]
    assert verify(tmp_path).broken == ()


def test_without_a_share_for_chance_models_choose_all(space: SearchSpace, tmp_path: Path) -> None:
    toy = a_toy(tmp_path, space, share=0.0)
    toy.run_to_the_end(toy.steering())
    assert {by_chance for _, by_chance, *_ in rows(toy, CHOICES)} == {0}


def test_a_campaign_that_was_interrupted_again_and_again_draws_the_same_controls(
    space: SearchSpace, tmp_path: Path
) -> None:
    whole, broken = a_toy(tmp_path / "whole", space), a_toy(tmp_path / "broken", space)
    whole.run_to_the_end(whole.steering())
    campaign = broken.steering()
    while campaign.finished is None:
        for _ in range(3):
            campaign.step(0.0)
            broken.work()
        campaign.ledger.close()
        campaign = broken.steering()
    campaign.ledger.close()
    assert rows(broken, CHOICES) == rows(whole, CHOICES)


def test_what_controls_found_stands_beside_what_models_found(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy = a_toy(tmp_path, space)
    toy.run_to_the_end(toy.steering())
    with closing(toy.open_ledger()) as ledger:
        findings = read_findings(ledger, "toy")
        (found,) = advantages(ledger)
    (comparison,) = findings.comparisons
    assert comparison.control.count == sum(each.by_chance for each in findings.found) > 5
    assert found.drawn == comparison.control.count + comparison.start.count
    assert found.chosen == comparison.steered.count
    assert found.median_ahead.value > 0
    report = render(findings, "plot.png")
    assert "| drawn as control" in report
    assert "better than that of the" in report
