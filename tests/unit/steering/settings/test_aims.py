from collections.abc import Mapping
from pathlib import Path

import pytest

from molsteer.shared.errors import SettingsError
from molsteer.shared.wire.properties import Objective, Output
from molsteer.steering.policy.plan import Rung
from molsteer.steering.settings.campaign import CampaignSettings, load_campaign

pytestmark = pytest.mark.fast

SPACE = '[campaign]\nspace = "a.smi"\n'
TWO_LEVELS = """
[[level]]
name = "fast"

[[level]]
name = "in-water"
solvent = "water"
share = 0.25
"""

Flags = Mapping[str, Mapping[str, object]]


def loaded(folder: Path, text: str, flags: Flags | None = None) -> CampaignSettings:
    file = folder / "campaign.toml"
    file.write_text(SPACE + text, encoding="utf-8")
    return load_campaign(file, flags or {})


def problems(folder: Path, text: str, flags: Flags | None = None) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        loaded(folder, text, flags)
    return list(raised.value.problems)


def test_a_file_without_tables_looks_for_the_highest_adiabatic_potential(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "")
    output = Output(name="adiabatic_ionization_potential", level="xtb", unit="eV")
    assert settings.objectives == (Objective(output=output),)
    assert [level.name for level in settings.levels] == ["xtb"]
    assert settings.outputs == (output,)
    assert settings.rungs == ()


def test_levels_take_what_they_leave_open_from_the_section_of_simulations(tmp_path: Path) -> None:
    text = TWO_LEVELS + '[simulate]\naccuracy = 1.0\nsolvent = "ethanol"\n'
    settings = loaded(tmp_path, text + '[[level]]\nname = "dry"\nsolvent = "vacuum"\n')
    assert [level.spec.solvent for level in settings.levels] == ["ethanol", "water", None]
    assert {level.spec.accuracy for level in settings.levels} == {1.0}
    assert settings.rungs == (Rung("in-water", 0.25), Rung("dry", 0.1))


@pytest.mark.parametrize("methods", [("own", "xtb"), ("xtb", "own")])
def test_a_space_takes_in_what_all_levels_can_compute(
    tmp_path: Path, methods: tuple[str, str]
) -> None:
    first, second = methods
    text = f'[[level]]\nname = "a"\nmethod = "{first}"\n'
    assert loaded(tmp_path, text).admission().level == first
    text += f'[[level]]\nname = "b"\nmethod = "{second}"\n'
    assert loaded(tmp_path, text).admission().level == "xtb"


def test_a_flag_takes_the_solvent_away_that_the_file_gives(tmp_path: Path) -> None:
    text = '[simulate]\nsolvent = "water"\n'
    settings = loaded(tmp_path, text, {"simulate": {"solvent": "vacuum"}})
    assert settings.levels[0].spec.solvent is None


def test_objectives_are_of_the_last_level_unless_they_name_one(tmp_path: Path) -> None:
    text = (
        '[[objective]]\nproperty = "homo_lumo_gap"\ngoal = "minimise"\nhit_below = 2.0\n'
        '[[objective]]\nlevel = "fast"\n'
    )
    gap, potential = loaded(tmp_path, TWO_LEVELS + text).objectives
    assert (gap.output.level, gap.goal, gap.hit) == ("in-water", "minimise", 2.0)
    assert (potential.output.level, potential.goal, potential.hit) == ("fast", "maximise", None)


def test_the_unit_of_a_packages_own_property_is_the_one_that_is_given(tmp_path: Path) -> None:
    text = '[[objective]]\nproperty = "hydrogens"\n[simulate]\nlevel = "counting"\n'
    assert loaded(tmp_path, text).objectives[0].output.unit == ""
    text = text.replace('"hydrogens"', '"mass"\nunit = "u"')
    assert loaded(tmp_path, text).objectives[0].output.unit == "u"


def test_a_level_is_asked_for_what_it_gives(tmp_path: Path) -> None:
    own = '[[level]]\nname = "own"\nmethod = "counting"\n'
    aims = (
        '[[objective]]\nproperty = "hydrogens"\nlevel = "own"\n'
        '[[objective]]\nproperty = "homo_lumo_gap"\nlevel = "own"\n'
        '[[objective]]\nproperty = "solvation_energy"\nlevel = "in-water"\n'
    )
    settings = loaded(tmp_path, f"{TWO_LEVELS}{own}{aims}")
    assert {output.key for output in settings.outputs} == {
        "hydrogens@own",
        "homo_lumo_gap@own",
        "homo_lumo_gap@fast",
        "homo_lumo_gap@in-water",
        "solvation_energy@in-water",
    }


def test_a_level_at_which_nothing_is_wanted_is_refused(tmp_path: Path) -> None:
    own = '[[level]]\nname = "own"\nmethod = "counting"\n'
    aims = '[[objective]]\nproperty = "hydrogens"\nlevel = "own"\n'
    fast, water = problems(tmp_path, f"{TWO_LEVELS}{own}{aims}")
    assert "nothing that is wanted can be computed at 'fast'; add an objective" in fast
    assert "nothing that is wanted can be computed at 'in-water'" in water


def test_one_property_can_be_named_without_a_table(tmp_path: Path) -> None:
    flags = {"campaign": {"property": "homo_lumo_gap", "hit_above_eV": "7.5"}}
    (objective,) = loaded(tmp_path, "", flags).objectives
    assert objective.output.name == "homo_lumo_gap"
    assert (objective.output.unit, objective.hit) == ("eV", 7.5)


def test_a_threshold_in_electron_volts_is_that_of_the_leading_objective(tmp_path: Path) -> None:
    text = '[[objective]]\nhit_above = 14.5\n[[objective]]\nproperty = "homo_lumo_gap"\n'
    leading, other = loaded(tmp_path, text, {"campaign": {"hit_above_eV": "15"}}).objectives
    assert (leading.hit, other.hit) == (15.0, None)


@pytest.mark.parametrize(
    ("objective", "said"),
    [
        ('property = "hydrogens"\n', "hydrogens, is in no unit; give that objective hit_above"),
        ('property = "mass"\nunit = "u"\n', "mass, is in u; give that objective hit_above"),
        ('goal = "minimise"\n', "the goal 'minimise'; give that objective hit_below"),
        ('goal = "reach"\ntarget = 9\n', "the goal 'reach'; give that objective hit_within"),
    ],
)
def test_a_threshold_in_electron_volts_is_refused_where_it_means_nothing(
    tmp_path: Path, objective: str, said: str
) -> None:
    text = f'[[objective]]\n{objective}[simulate]\nlevel = "own"\n'
    (told,) = problems(tmp_path, text, {"campaign": {"hit_above_eV": "14"}})
    assert told.startswith("[campaign] hit_above_eV: the leading objective")
    assert said in told


def test_all_problems_of_the_tables_are_named_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = (
        '[[level]]\nname = "a"\nshare = 0.5\n'
        '[[level]]\nname = "a"\n'
        '[[objective]]\nproperty = "homo_lumo_gab"\nunit = "eV"\n'
        '[[objective]]\nlevel = "b"\n'
        '[[objective]]\nproperty = "solvation_energy"\nunit = "kcal/mol"\n'
        '[[objective]]\ngoal = "reach"\nhit_above = 3\n'
        '[[objective]]\nproperty = "homo_lumo_gap"\ntarget = 3\n'
        '[[objective]]\nproperty = "homo_lumo_gap"\n'
    )
    told = problems(tmp_path, text)
    wanted = (
        ("line 5, [[level]] 1, share: the first level has no share", "is campaign.budget."),
        ("line 7, [[level]] 2, name: 'a' is the name of another", "a name of its own."),
        ("line 9, [[objective]] 1, property: the level 'a' does not", "mean homo_lumo_gap."),
        ("line 12, [[objective]] 2, level: there is no level 'b'; there are a", "."),
        ("line 14, [[objective]] 3, property: the level 'a' is in vacuum", "a solvent."),
        ("line 15, [[objective]] 3, unit: solvation_energy is in eV", "leave it out."),
        ("line 16, [[objective]] 4, target: is missing", "."),
        ("line 18, [[objective]] 4, hit_above: is for the goal 'maximise'", "hit_within."),
        ("line 21, [[objective]] 5, target: the goal is 'maximise'", '"reach".'),
        ("line 22, [[objective]] 6: homo_lumo_gap at the level a is wanted", "leave one"),
    )
    assert len(told) == len(wanted)
    for begin, end in wanted:
        (one,) = [problem for problem in told if problem.startswith(begin)]
        assert end in one


def test_a_setting_that_no_table_of_its_kind_has_is_told_the_one_that_was_meant(
    tmp_path: Path,
) -> None:
    text = (
        '[[objective]]\ngoal = "minimize"\n[[objective]]\nhit_abov = 3\n'
        '[[level]]\nmethod = "xtb"\nsolven = "water"\n[policy]\nhit_below = 3\n'
    )
    told = problems(tmp_path, text)
    assert [problem.partition(":")[0] for problem in told] == [
        "line 7, [[level]] 1, name",
        "line 9, [[level]] 1, solven",
        "line 4, [[objective]] 1, goal",
        "line 6, [[objective]] 2, hit_abov",
        "line 11, [policy] hit_below",
    ]
    assert "is missing. Each [[level]] needs one." in told[0]
    assert "Did you mean [[level]] solvent?" in told[1]
    assert "did you mean minimise" in told[2]
    assert "Did you mean [[objective]] hit_above?" in told[3]
    assert "Did you mean [[objective]] hit_below?" in told[4]


@pytest.mark.parametrize("name", ["level", "objective"])
def test_a_table_in_single_brackets_is_told_how_it_is_written(tmp_path: Path, name: str) -> None:
    (told,) = problems(tmp_path, f'[{name}]\nname = "xtb"\n')
    assert told.startswith(f"line 3, [[{name}]]: there may be several of these tables")
    assert "two brackets" in told


def test_a_misspelled_table_is_told_with_its_brackets(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, "[[objectives]]\nhit_above = 3\n")
    assert "Did you mean [[objective]]?" in told


def test_two_different_properties_contradict_each_other(tmp_path: Path) -> None:
    text = '[[objective]]\nproperty = "homo_lumo_gap"\nhit_above = 9\n'
    same = loaded(tmp_path, text, {"campaign": {"property": "homo_lumo_gap"}})
    assert [objective.hit for objective in same.objectives] == [9]
    (told,) = problems(tmp_path, text, {"campaign": {"property": "atomization_energy"}})
    assert told.startswith("[campaign] property: the leading objective wants homo_lumo_gap;")


def test_a_property_that_no_level_gives_is_told_where_it_was_named(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, "", {"campaign": {"property": "homo_lumo_gab"}})
    assert told.startswith("[campaign] property: the level 'xtb' does not give")


def test_a_variable_holds_all_tables_of_a_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOLSTEER_OBJECTIVE", '[{"property": "homo_lumo_gap", "hit_above": 9}]')
    (objective,) = loaded(tmp_path, "[[objective]]\nhit_above = 14\n").objectives
    assert (objective.output.name, objective.hit) == ("homo_lumo_gap", 9)
    monkeypatch.setenv("MOLSTEER_OBJECTIVE", '[{"hit_abov": 9}]')
    (told,) = problems(tmp_path, "")
    assert told.startswith("MOLSTEER_OBJECTIVE, [[objective]] 1, hit_abov")
    assert "Did you mean [[objective]] hit_above?" in told


def test_a_variable_of_one_key_of_such_a_table_is_told_how_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOLSTEER_OBJECTIVE__HIT_ABOVE", "9")
    (told,) = problems(tmp_path, "")
    assert "[[objective]]: there may be several" in told
    assert "a list of them in JSON" in told


def test_the_file_that_the_page_of_concepts_shows_can_be_used(tmp_path: Path) -> None:
    page = Path(__file__).parents[4] / "docs" / "concepts.md"
    shown = page.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    settings = loaded(tmp_path, shown)
    assert len(settings.levels) == len(settings.objectives) == 2
