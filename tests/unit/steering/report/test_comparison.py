"""Several campaigns in one report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.made_campaigns import CHOSEN, RANDOM, made_campaign, without_threshold
from support.made_ledgers import HIGH_IP, Made

from molsteer.shared.cli.main import molsteer
from molsteer.steering.records.watching.comparison import compare, mean
from molsteer.steering.records.watching.story import read_story

pytestmark = pytest.mark.fast


def report(*arguments: object) -> Result:
    done = CliRunner().invoke(molsteer, ["report", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Two repeats, and one with another rule that found less."""
    less = Made(3, "FC(F)F", "xtb", {HIGH_IP[0].output.name: 14.0}, (15.0,))
    for name, seed, results, rule in (
        ("a", 1, (*RANDOM, *CHOSEN), "ucb"),
        ("b", 2, (*RANDOM, *CHOSEN[:1]), "ucb"),
        ("c", 1, (*RANDOM, less), "greedy"),
    ):
        facts = {"policy.acquisition": rule, "campaign.seed": seed}
        made_campaign(tmp_path / name, results=results, seed=seed, **facts).close()
    return [tmp_path / name for name in "abc"]


def test_campaigns_that_differ_in_the_seed_alone_are_repeats(runs: list[Path]) -> None:
    comparison = compare([read_story(run) for run in runs])
    assert [(group.name, len(group.stories)) for group in comparison.groups] == [
        ("acquisition ucb", 2),
        ("acquisition greedy", 1),
    ]
    assert dict(comparison.differences) == {"policy.acquisition": ["ucb", "greedy"]}
    repeats, other = comparison.groups
    assert repeats.hits is not None
    assert repeats.hits.value == 2.5
    assert repeats.hits.error is not None
    assert other.hits is not None
    assert (other.hits.value, other.hits.error) == (1.0, None)


def test_the_mean_of_repeats_has_students_interval() -> None:
    found = mean([10.0, 12.0, 14.0])
    assert found is not None
    assert found.value == 12.0
    assert found.error == pytest.approx(4.30 * 2.0 / 3**0.5)
    assert mean([]) is None


def test_all_campaigns_are_in_the_report(runs: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "all.html"
    figures = tmp_path / "figures"
    report(*runs, "-o", file, "--figures", figures)
    text = file.read_text()
    assert "3 campaigns" in text
    assert "acquisition greedy" in text
    assert "found in" in text
    assert "3 of 3" in text
    assert (figures / "comparison.svg").is_file()
    report(*runs, "-o", tmp_path / "all.md")
    assert "| `c` " in (tmp_path / "all.md").read_text()


def test_campaigns_that_look_for_different_things_are_listed_and_not_compared(
    runs: list[Path], tmp_path: Path
) -> None:
    without_threshold(tmp_path / "d").close()
    report(runs[0], tmp_path / "d", "-o", tmp_path / "both.html")
    text = (tmp_path / "both.html").read_text()
    assert "look for different things" in text
    assert "16.100 eV" in text
    assert "What was found" not in text


def test_json_of_several_campaigns_is_a_list(runs: list[Path]) -> None:
    assert [each["name"] for each in json.loads(report(*runs, "--json").output)] == ["made"] * 3
    assert json.loads(report(runs[0], "--json").output)["name"] == "made"
