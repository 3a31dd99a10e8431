"""Levels of another program in a campaign's file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from molsteer.shared.errors import SettingsError
from molsteer.shared.wire.levels import recipe_of
from molsteer.steering.settings.campaign import CampaignSettings, load_campaign

pytestmark = pytest.mark.fast

SPACE = '[campaign]\nspace = "a.smi"\n'
DFT = """
[[level]]
name = "fast"

[[level]]
name = "dft"
method = "qcengine"
program = "nwchem"
model = "b3lyp"
basis = "6-31g*"
keywords = { dft__grid = "xfine", dft__iterations = 100 }
cores = 4
memory_GiB = 2.5
"""


def loaded(
    folder: Path, text: str, flags: Mapping[str, Mapping[str, object]] = {}
) -> CampaignSettings:
    file = folder / "campaign.toml"
    file.write_text(SPACE + text, encoding="utf-8")
    return load_campaign(file, flags)


def problem(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as raised:
        loaded(folder, text)
    (only,) = raised.value.problems
    return only


def test_a_level_names_program_model_and_basis(tmp_path: Path) -> None:
    settings = loaded(tmp_path, DFT)
    spec = settings.levels[1].spec
    assert (spec.program, spec.model, spec.basis) == ("nwchem", "b3lyp", "6-31g*")
    assert spec.keywords == {"dft__grid": "xfine", "dft__iterations": 100}
    assert (spec.cores, spec.nodes, spec.memory_GiB) == (4, 1, 2.5)
    assert settings.levels[0].spec.program is None
    assert [output.level for output in settings.outputs] == ["dft", "fast"]
    assert settings.admission().level == "qcengine"


def test_the_only_level_may_be_one_of_another_program(tmp_path: Path) -> None:
    text = '[simulate]\nlevel = "qcengine"\nprogram = "nwchem"\nmodel = "hf"\nbasis = "sto-3g"\n'
    (level,) = loaded(tmp_path, text).levels
    assert (level.name, level.spec.basis) == ("qcengine", "sto-3g")


def test_keywords_of_a_variable_or_flag_are_json(tmp_path: Path) -> None:
    flags = {"simulate": {"level": "small_basis", "keywords": '{"dft__grid": "fine"}'}}
    (level,) = loaded(tmp_path, "", flags).levels
    assert level.spec.keywords == {"dft__grid": "fine"}


def test_keywords_are_added_to_those_of_a_ready_made_level(tmp_path: Path) -> None:
    text = '[simulate]\nlevel = "small_basis"\nkeywords = { dft__iterations = 7 }\n'
    (level,) = loaded(tmp_path, text).levels
    recipe = recipe_of(level.spec)
    assert recipe is not None
    assert (recipe.basis, recipe.keywords["dft__iterations"]) == ("3-21g", 7)
    assert recipe.keywords["dft__grid"] == "xfine"


def test_what_the_section_of_simulations_says_of_a_program_is_for_levels_of_it(
    tmp_path: Path,
) -> None:
    simulate = (
        '[simulate]\nlevel = "qcengine"\nprogram = "nwchem"\nmodel = "hf"\nbasis = "sto-3g"\n'
    )
    levels = '[[level]]\nname = "first"\nmethod = "xtb"\n[[level]]\nname = "second"\n'
    first, second = loaded(tmp_path, simulate + levels).levels
    assert first.spec.program is None
    assert second.spec.program == "nwchem"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (('program = "nwchem"\n', ""), "program: is missing; qcengine needs a program"),
        (('model = "b3lyp"\n', ""), "model: is missing; qcengine needs a program and a model"),
        (('basis = "6-31g*"\n', ""), "basis: is missing; nwchem needs the name of a basis set"),
        (('name = "dft"\n', 'name = "dft"\naccuracy = 1.0\n'), "is for xtb, and qcengine has"),
        (('name = "dft"\n', 'name = "dft"\nengine = "tblite"\n'), "is for xtb, and qcengine has"),
        (('name = "dft"\n', 'name = "dft"\nsolvent = "water"\n'), "knows no solvents by name"),
        (('name = "fast"\n', 'name = "fast"\nbasis = "sto-3g"\n'), "is for the method qcengine"),
        (('name = "fast"\n', 'name = "fast"\ncores = 2\n'), "is for levels of another program"),
        (("cores = 4", "cores = 0"), "cores"),
        (('model = "b3lyp"', 'model = "b3lyp\\nend"'), "model"),
    ],
)
def test_what_cannot_be_meant_is_told(tmp_path: Path, changed: tuple[str, str], told: str) -> None:
    assert told in problem(tmp_path, DFT.replace(*changed))
