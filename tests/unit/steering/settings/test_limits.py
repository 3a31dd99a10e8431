"""Limits that molecules have to keep, as a person writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from molsteer.shared.errors import SettingsError
from molsteer.shared.wire.properties import Limit, Objective, Output
from molsteer.steering.settings.campaign import CampaignSettings, load_campaign
from molsteer.steering.settings.thresholds import (
    check_thresholds,
    named,
    read_thresholds,
    with_thresholds,
)

pytestmark = pytest.mark.fast

IN_WATER = '[simulate]\nsolvent = "water"\n'
WANTED = '[[objective]]\nhit_above = 14\n[[objective]]\nproperty = "solvation_energy"\n'
SOLVATION = Output(name="solvation_energy", level="xtb", unit="eV")


def loaded(folder: Path, text: str) -> CampaignSettings:
    file = folder / "campaign.toml"
    file.write_text(f'[campaign]\nspace = "m.smi"\n{IN_WATER}{text}', encoding="utf-8")
    return load_campaign(file, {})


def problem(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as raised:
        loaded(folder, text)
    (told,) = raised.value.problems
    return told


def test_a_limit_alone_is_learned_and_kept_but_not_aimed_at(tmp_path: Path) -> None:
    settings = loaded(tmp_path, f'{WANTED}goal = "limit"\nlimit_below = -0.3\n')
    (objective,) = settings.objectives
    assert objective.output.name == "adiabatic_ionization_potential"
    assert settings.limits == (Limit(output=SOLVATION, below=-0.3),)
    assert settings.outputs == (objective.output, SOLVATION)


def test_what_is_wanted_may_have_limits_as_well(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path, "[[objective]]\nhit_above = 14\nlimit_above = 13\nlimit_below = 16\n"
    )
    (objective,), (limit,) = settings.objectives, settings.limits
    assert objective.hit == 14
    assert (limit.output, limit.ends) == (objective.output, (13.0, 16.0))


def test_the_first_that_is_no_limit_leads(tmp_path: Path) -> None:
    text = '[[objective]]\nproperty = "solvation_energy"\ngoal = "limit"\nlimit_below = 0\n'
    settings = loaded(tmp_path, f"{text}[[objective]]\nhit_above = 14\n")
    assert settings.objectives[0].output.name == "adiabatic_ionization_potential"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f'{WANTED}goal = "limit"\n',
            "goal: is 'limit', and there is none; give limit_above, limit_below or both.",
        ),
        (
            '[[objective]]\ngoal = "limit"\nlimit_below = 15\n',
            "goal: these are limits, and nothing is wanted; add an objective with another goal.",
        ),
        (
            f"{WANTED}limit_above = 2\nlimit_below = -2\n",
            "no value lies above 2 eV and below -2 eV; change one of the limits.",
        ),
        (
            "[[objective]]\nhit_above = 14\nlimit_below = 13\n",
            "nothing could be a hit, which begins at 14.000 eV, and lie below 13 eV.",
        ),
        (
            '[[objective]]\ngoal = "reach"\ntarget = 14\nlimit_below = 13\n',
            "the target is 14.000 eV, and has to lie below 13 eV.",
        ),
        (
            f'{WANTED}[[objective]]\nproperty = "solubility"\ngoal = "limit"\nlimit_above = 1\n',
            "property: the level 'xtb' does not give 'solubility'; it gives",
        ),
        (
            f'{WANTED}unit = "kcal/mol"\ngoal = "limit"\nlimit_below = -7\n',
            "unit: solvation_energy is in eV, not in 'kcal/mol'; leave it out.",
        ),
        (f'{WANTED}goal = "limit"\nlimit_below = "-7 kcal"\n', "limit_below"),
        (f'{WANTED}goal = "limit"\nlimit_below = inf\n', "limit_below"),
        (
            f'{WANTED}goal = "limit"\nlimit_below = 1\nhit_below = 1\n',
            "hit_below: is for the goal 'minimise', and this one's is 'limit'; give limit_above or",
        ),
    ],
)
def test_what_cannot_be_meant_is_told(tmp_path: Path, text: str, said: str) -> None:
    assert said in problem(tmp_path, text)


def test_a_limit_can_be_changed_by_its_short_or_full_name(tmp_path: Path) -> None:
    settings = loaded(tmp_path, f'{WANTED}goal = "limit"\nlimit_below = -0.3\n')
    for given in (
        "limit_below",
        "solvation_energy.limit_below",
        "solvation_energy@xtb.limit_below",
    ):
        read = read_thresholds([f"{given}=-0.4"], settings.objectives, settings.limits)
        assert read == {"solvation_energy@xtb.limit_below": -0.4}
        changed = with_thresholds(settings, read)
        assert changed.limits == (Limit(output=SOLVATION, below=-0.4),)
        assert changed.objectives == settings.objectives


def test_a_limit_can_be_put_on_what_is_wanted(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "[[objective]]\nhit_above = 14\n")
    read = read_thresholds(["limit_below=16"], settings.objectives, settings.limits)
    assert [limit.below for limit in with_thresholds(settings, read).limits] == [16.0]


def test_a_limit_on_what_is_not_looked_at_is_refused(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "[[objective]]\nhit_above = 14\n")
    with pytest.raises(SettingsError, match="it is the limit of no single objective"):
        read_thresholds(["homo_lumo_gap.limit_below=16"], settings.objectives, settings.limits)


def test_a_change_that_excludes_all_hits_is_refused() -> None:
    objective = Objective(output=SOLVATION, goal="minimise", hit=-0.5)
    name = "solvation_energy@xtb.limit_above"
    assert name in named([objective], [])
    check_thresholds({name: -0.9}, [objective])
    with pytest.raises(SettingsError, match="nothing could be a hit"):
        check_thresholds({name: -0.4}, [objective])
    with pytest.raises(SettingsError, match=r"no value lies above -0\.4 eV and below -0\.6 eV"):
        check_thresholds({name: -0.4}, [objective], [Limit(output=SOLVATION, below=-0.6)])
