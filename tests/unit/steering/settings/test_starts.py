"""Levels that start from what an earlier one relaxed, in a campaign's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from molsteer.shared.errors import SettingsError
from molsteer.steering.settings.campaign import CampaignSettings, load_campaign

pytestmark = pytest.mark.fast

LADDER = """
[campaign]
space = "a.smi"
[[level]]
name = "first-look"
method = "xtb-vertical"
[[level]]
name = "relaxed"
method = "xtb"
[[level]]
name = "dear"
method = "small_basis"
starts_from = "relaxed"
[[objective]]
property = "vertical_ionization_potential"
"""


def loaded(folder: Path, text: str) -> CampaignSettings:
    file = folder / "campaign.toml"
    file.write_text(text, encoding="utf-8")
    return load_campaign(file, {})


def test_a_level_starts_from_an_earlier_one(tmp_path: Path) -> None:
    levels = loaded(tmp_path, LADDER).levels
    assert [level.starts_from for level in levels] == [None, None, "relaxed"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (('from = "relaxed"', 'from = "relax"'), "'relax' is no level; it has to be an earlier"),
        (('from = "relaxed"', 'from = "dear"'), "a level cannot start from itself"),
        (('from = "relaxed"', 'from = "first-look"'), "(xtb-vertical) relaxes no geometry"),
        (
            ('method = "xtb"\n', 'method = "xtb"\nstarts_from = "dear"\n'),
            "'dear' is a later level; it has to be an earlier one, and there are first-look",
        ),
        (
            ('method = "xtb-vertical"', 'method = "xtb-vertical"\nstarts_from = "x"'),
            "'x' is no level; it has to be an earlier one, and the first one has none",
        ),
    ],
)
def test_what_a_level_cannot_start_from_is_told(
    tmp_path: Path, changed: tuple[str, str], told: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        loaded(tmp_path, LADDER.replace(*changed))
    (problem,) = raised.value.problems
    assert "starts_from: " in problem
    assert told in problem
