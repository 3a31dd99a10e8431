"""Percentages of a search space."""

from __future__ import annotations

from math import ceil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molsteer.shared.errors import SettingsError
from molsteer.steering.settings.amounts import Percentage, in_molecules
from molsteer.steering.settings.campaign import load_campaign
from molsteer.steering.settings.changes import read_changes
from molsteer.steering.settings.whole_numbers import changes_in_numbers, in_numbers
from molsteer.steering.start.identity import plan_of

pytestmark = pytest.mark.fast

FEW = {"campaign": {"space": "a.smi"}}


@given(st.integers(1, 100), st.integers(1, 10**7))
def test_a_percentage_is_that_part_of_the_molecules_rounded_up(percent: int, size: int) -> None:
    found = in_molecules(Percentage(f"{percent}%"), size)
    assert found == max(1, ceil(percent * size / 100)) or found * 100 == percent * size
    assert 1 <= found <= size


@given(st.integers(1, 10**9), st.integers(1, 10**7))
def test_a_number_is_itself_however_large_the_space(number: int, size: int) -> None:
    assert in_molecules(number, size) == number


@given(
    st.floats(0.01, 100).map(lambda part: f"{part:.2f}%"),
    st.integers(1, 10**6),
    st.integers(1, 600),
)
def test_a_shortlist_holds_what_is_taken_between_two_rankings(
    part: str, size: int, shortlist: int
) -> None:
    policy = {"retrain_after": part, "first_training_after": part, "shortlist": shortlist}
    settings = in_numbers(load_campaign(None, {**FEW, "policy": policy}), size)
    assert settings.policy.shortlist >= max(shortlist, in_molecules(Percentage(part), size))


def test_amounts_are_read_from_files_flags_and_changes(tmp_path: Path) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text(
        '[campaign]\nspace = "a.smi"\nbudget = "6%"\n[policy]\nfirst_training_after = "1 %"\n'
    )
    flags = {"policy": {"retrain_after": "0.5%"}}
    settings = in_numbers(load_campaign(file, flags), 10_342)
    assert settings.campaign.budget == 621
    assert settings.policy.first_training_after == 104
    assert settings.policy.retrain_after == 52

    asked = read_changes(["budget=7%", "retrain_after=3"])
    assert asked == {"campaign.budget": "7%", "policy.retrain_after": 3}


def test_a_larger_batch_lengthens_the_shortlist() -> None:
    plan = plan_of(in_numbers(load_campaign(None, FEW), 100), None, 0)
    changed = changes_in_numbers({"policy.retrain_after": 2000}, plan)
    assert changed["policy.retrain_after"] == 2000
    assert int(changed["policy.shortlist"]) > 2000
    assert changes_in_numbers({"policy.retrain_after": 20}, plan) == {"policy.retrain_after": 20}


@pytest.mark.parametrize("given", ["0%", "101%", "%", "-1%", "1%%", "one%", "0", "-3", "1.5", "x"])
def test_what_is_no_amount_is_refused_with_its_place(given: str) -> None:
    with pytest.raises(SettingsError, match=r"\[campaign\] budget: must be"):
        load_campaign(None, {"campaign": {"space": "a.smi", "budget": given}})
