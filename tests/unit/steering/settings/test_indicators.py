"""Levels that are judged by another property than the one that is wanted, in a campaign's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from molsteer.shared.errors import SettingsError
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.properties import Indicator, Output
from molsteer.steering.settings.campaign import CampaignSettings, load_campaign

pytestmark = pytest.mark.fast

VERTICAL_IP = "vertical_ionization_potential"

LADDER = f"""
[campaign]
space = "a.smi"
[[level]]
name = "first-look"
method = "xtb-vertical"
indicator = "{VERTICAL_IP}"
[[level]]
name = "relaxed"
method = "xtb"
[[objective]]
property = "{ADIABATIC_IP}"
"""

OWN = '[[level]]\nname = "own"\nmethod = "package"\nindicator = "homo"\nindicator_unit = "eV"\n'


def loaded(folder: Path, text: str) -> CampaignSettings:
    file = folder / "campaign.toml"
    file.write_text(text, encoding="utf-8")
    return load_campaign(file, {})


def test_a_level_is_asked_for_what_tells_about_the_property_that_is_wanted(tmp_path: Path) -> None:
    settings = loaded(tmp_path, LADDER)
    vertical = Output(name=VERTICAL_IP, level="first-look", unit="eV")
    assert settings.outputs == (Output(name=ADIABATIC_IP, level="relaxed", unit="eV"), vertical)
    assert settings.indicators == (Indicator(output=vertical, of=ADIABATIC_IP),)


def test_an_indicator_takes_the_place_of_what_a_level_could_compute_as_well(tmp_path: Path) -> None:
    text = LADDER.replace("xtb-vertical", "xtb").replace('"relaxed"\nmethod = "xtb"', '"dear"')
    settings = loaded(tmp_path, f'{text}[simulate]\nlevel = "small_basis"\n')
    assert {output.key for output in settings.outputs} == {
        f"{ADIABATIC_IP}@dear",
        f"{VERTICAL_IP}@first-look",
    }


def test_a_packages_own_property_may_fall_where_the_other_rises(tmp_path: Path) -> None:
    text = LADDER.replace("[[level]]", f"{OWN}indicator_falls = true\n[[level]]", 1)
    homo, vertical = loaded(tmp_path, text).indicators
    assert homo == Indicator(
        output=Output(name="homo", level="own", unit="eV"), of=ADIABATIC_IP, falls=True
    )
    assert not vertical.falls


def test_the_unit_of_an_indicator_is_the_one_of_its_table(tmp_path: Path) -> None:
    (tmp_path / "known.csv").write_text("smiles,homo_Ha,ip_eV\nC,-0.5,14.0\n")
    table = 'method = "replay"\ntable = "known.csv"\n'
    text = LADDER.replace('method = "xtb"\n', table)
    text = text.replace(f'method = "xtb-vertical"\nindicator = "{VERTICAL_IP}"', "X")
    text = text.replace("X", f'{table}indicator = "homo"\nindicator_falls = true')
    assert loaded(tmp_path, text).outputs[1] == Output(name="homo", level="first-look", unit="Ha")


def test_settings_that_were_kept_are_read_again(tmp_path: Path) -> None:
    settings = loaded(tmp_path, LADDER)
    again = CampaignSettings.model_validate(settings.model_dump(mode="json"))
    assert (again.level, again.outputs) == (settings.level, settings.outputs)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ((VERTICAL_IP, ADIABATIC_IP), f"{ADIABATIC_IP} is what is wanted, so it needs no"),
        ((VERTICAL_IP, "atomization_energy"), "'first-look' does not give 'atomization_energy'"),
        (
            ('method = "xtb"\n', f'method = "xtb"\nindicator = "{VERTICAL_IP}"\n'),
            f"{ADIABATIC_IP} is wanted at the level 'relaxed' already; indicators are for earlier",
        ),
        (
            ("[[objective]]", f'[[objective]]\nproperty = "{VERTICAL_IP}"\n[[objective]]'),
            f"{VERTICAL_IP} is what is wanted",
        ),
        (
            (f'"{ADIABATIC_IP}"\n', f'"{ADIABATIC_IP}"\ngoal = "reach"\ntarget = 12.0\n'),
            "and not how near a value to reach",
        ),
        ((f'indicator = "{VERTICAL_IP}"', "indicator_falls = true"), "there is no indicator"),
        (
            (f'"{VERTICAL_IP}"\n', f'"{VERTICAL_IP}"\nindicator_unit = "V"\n'),
            f"{VERTICAL_IP} is in eV, not in 'V'",
        ),
        (
            (f'indicator = "{VERTICAL_IP}"\n', ""),
            "name what tells about it as the level's indicator",
        ),
    ],
)
def test_what_cannot_be_an_indicator_is_told(
    tmp_path: Path, changed: tuple[str, str], told: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        loaded(tmp_path, LADDER.replace(*changed, 1))
    assert told in " ".join(raised.value.problems)
