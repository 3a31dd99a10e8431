"""Every option of molecular-design's `run.py`, and what it is here."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from molsteer.shared.errors import SettingsError
from molsteer.steering.cli.flags.command_line import Chosen, choose
from molsteer.steering.cli.flags.molecular_design import SEED_FLAGS, NoEffect, Same
from molsteer.steering.cli.flags.settings import flag_name
from molsteer.steering.cli.run import run
from molsteer.steering.settings.campaign import load_campaign

pytestmark = pytest.mark.fast

IP = "adiabatic_ionization_potential"
SERVED = ("--workers-server", "external")

# Each option of molecular-design with what says the same in our own flags.
COUNTERPARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "redishost": (("thetamom1",), ("--queue-redis-url", "redis://thetamom1:6379/0", *SERVED)),
    "redisport": (("7485",), ("--queue-redis-url", "redis://127.0.0.1:7485/0", *SERVED)),
    "mongohost": (("mongo",), ()),
    "mongoport": (("27845",), ()),
    "ml-endpoint": (
        ("venti", *SERVED),
        ("--train-pool", "venti", "--infer-pool", "venti", *SERVED),
    ),
    "qc-endpoint": (("theta", *SERVED), ("--simulate-pool", "theta", *SERVED)),
    "nodes-per-task": (
        ("2", "--simulate-level", "small_basis"),
        ("--simulate-nodes", "2", "--simulate-level", "small_basis"),
    ),
    "num-qc-workers": (("8",), ("--simulate-slots", "8")),
    "molecules-per-ml-task": (("50000",), ("--infer-chunk-size", "50000")),
    "qc-specification": (("small_basis",), ("--simulate-level", "small_basis")),
    "target-recipe": (
        ("xtb-acn",),
        ("--property", IP, "--simulate-level", "xtb", "--simulate-solvent", "acetonitrile"),
    ),
    "mpnn-model-path": (("a.safetensors",), ("--train-models", "a.safetensors")),
    "mpnn-model-files": (("a.safetensors", "b"), ("--train-models", "a.safetensors", "b")),
    "model-count": (("4",), ("--train-members", "4")),
    "training-set": (("known.jsonl",), ("--training-set", "known.jsonl")),
    "search-space": (("MOS.csv",), ("--space", "MOS.csv")),
    "search-space-name": (("MOS",), ()),
    "search-size": (("512",), ("--budget", "512")),
    "retrain-frequency": (("8",), ("--policy-retrain-after", "8")),
    "beta": (("2.5",), ("--policy-beta", "2.5")),
    "pause-during-update": ((), ("--policy-during-update", "pause")),
    "retrain-from-scratch": ((), ("--policy-start-from", "scratch")),
    "learning-rate": (("0.01",), ("--train-learning-rate", "0.01")),
    "num-epochs": (("128",), ("--train-epochs", "128")),
    "no-proxystore": (
        (),
        ("--stores-simulate", "none", "--stores-train", "none", "--stores-infer", "none"),
    ),
    "simulate-ps-backend": (("file",), ("--stores-simulate", "file")),
    "infer-ps-backend": (("redis",), ("--stores-infer", "redis")),
    "train-ps-backend": (("file",), ("--stores-train", "file")),
    "ml-ps-backend": (("file",), ("--stores-train", "file", "--stores-infer", "file")),
    "ps-threshold": (("500000",), ("--stores-threshold-bytes", "500000")),
    "ps-file-dir": (("/scratch/dump",), ("--stores-directory", "/scratch/dump")),
    "ps-globus-config": (("sites.json",), ("--stores-globus-config", "sites.json")),
    "simulate-ps-globus-config": (("sites.json",), ("--stores-globus-config", "sites.json")),
    "ml-ps-globus-config": (("sites.json",), ("--stores-globus-config", "sites.json")),
    "use-parsl": ((), ()),
}
REFUSED = {"simulation-spec": ("ladder.yaml",)}


def chosen(*arguments: str, known_server: str | None = None) -> Chosen:
    flags = run.make_context("run", list(arguments)).params
    return choose({name: flags[name] for name in flags if "__" in name}, known_server)


def settings(*arguments: str) -> dict[str, object]:
    space = () if {"--space", "--search-space"} & {*arguments} else ("--space", "a.smi")
    return load_campaign(None, chosen(*arguments, *space).settings).model_dump()


def test_this_table_and_the_program_know_the_same_options() -> None:
    assert {flag.name for flag in SEED_FLAGS} == COUNTERPARTS.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", COUNTERPARTS)
def test_an_option_of_the_seeds_equals_its_counterpart(name: str) -> None:
    theirs, ours = COUNTERPARTS[name]
    assert settings(f"--{name}", *theirs) == settings(*ours)


@pytest.mark.parametrize("name", REFUSED)
def test_an_option_that_cannot_be_had_says_what_to_do(name: str) -> None:
    (flag,) = [flag for flag in SEED_FLAGS if flag.name == name]
    with pytest.raises(SettingsError) as raised:
        chosen(f"--{name}", *REFUSED[name])
    assert f"--{name}" in str(raised.value)
    assert flag.remark in str(raised.value)


@pytest.mark.parametrize(
    "flag", [f for f in SEED_FLAGS if isinstance(f.meaning, NoEffect)], ids=lambda flag: flag.name
)
def test_an_option_without_effect_says_so(flag) -> None:
    value = ("value",) if flag.takes_value else ()
    assert chosen(f"--{flag.name}", *value).notes == [f"--{flag.name} has no effect. {flag.remark}"]


@pytest.mark.parametrize(
    ("recipe", "name"),
    [("xtb-vacuum", IP), ("xtb-vacuum-vertical", "vertical_ionization_potential")],
)
def test_a_recipe_says_what_is_wanted_and_that_there_is_no_solvent(recipe: str, name: str) -> None:
    given = (f"--target-recipe={recipe}", "--space", "a.smi", "--simulate-engine", "tblite")
    loaded = load_campaign(None, chosen(*given).settings)
    (objective,), (level,) = loaded.objectives, loaded.levels
    assert (objective.output.name, level.spec.solvent) == (name, None)


def test_a_recipe_of_nwchem_names_its_level() -> None:
    given = ("--target-recipe", "smb-vacuum-no-zpe", "--space", "a.smi", "--nodes-per-task", "2")
    loaded = load_campaign(None, chosen(*given).settings)
    (objective,), (level,) = loaded.objectives, loaded.levels
    assert (objective.output.name, level.spec.method) == (IP, "small_basis")
    assert (level.spec.solvent, level.spec.nodes) == (None, 2)


def test_the_specification_of_nwchem_and_the_recipe_of_xtb_contradict_each_other() -> None:
    with pytest.raises(SettingsError, match=r"simulate\.level|--qc-specification"):
        chosen("--target-recipe", "xtb-vacuum", "--qc-specification", "small_basis")


def test_several_nodes_for_xtb_are_refused() -> None:
    given = ("--space", "a.smi", "--nodes-per-task", "2")
    with pytest.raises(SettingsError, match="is for levels of another program"):
        load_campaign(None, chosen(*given).settings)


def test_a_recipe_with_vibrations_is_refused_with_what_to_do() -> None:
    with pytest.raises(SettingsError, match=r"--target-recipe smb-vacuum .* the campaign's file"):
        chosen("--target-recipe", "smb-vacuum")


SAME = [flag for flag in SEED_FLAGS if isinstance(flag.meaning, Same)]


@given(flag=st.sampled_from(SAME), theirs=st.integers(1, 99), ours=st.integers(1, 99))
def test_two_flags_for_one_setting_must_agree(flag, theirs: int, ours: int) -> None:
    own = flag_name(*flag.meaning.settings[0].split("."))
    if own == f"--{flag.name}":
        return
    both = (f"--{flag.name}", str(theirs), own, str(ours))
    if theirs == ours:
        assert chosen(*both).settings == chosen(*both[:2]).settings
    else:
        with pytest.raises(SettingsError, match=f"{own} and --{flag.name} contradict"):
            chosen(*both)


def test_options_of_the_seeds_that_contradict_each_other_are_named_all_at_once() -> None:
    with pytest.raises(SettingsError) as raised:
        chosen("--no-proxystore", "--ml-ps-backend", "file", "--infer-ps-backend", "redis")
    assert raised.value.problems == (
        "--no-proxystore and --infer-ps-backend contradict each other.",
        "--no-proxystore and --ml-ps-backend contradict each other.",
    )


def test_the_password_of_a_server_that_the_options_name_comes_from_the_environment() -> None:
    known = "redis://user:secret@elsewhere:1/3"
    named = chosen("--redishost", "fe80::1", "--redisport", "7485", known_server=known).settings
    assert named["queue"]["redis_url"] == "redis://user:secret@[fe80::1]:7485/3"


def test_a_server_that_the_options_name_keeps_tls() -> None:
    named = chosen("--redishost", "there", known_server="rediss://user@elsewhere:1/3").settings
    assert named["queue"]["redis_url"] == "rediss://user@there:6379/3"


@pytest.mark.parametrize(("option", "value"), [("--redisport", "many"), ("--redishost", "a:b")])
def test_a_server_that_cannot_be_is_refused(option: str, value: str) -> None:
    with pytest.raises(SettingsError, match=r"\[queue\] redis_url"):
        settings(option, value)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--search-space", "a.csv", "b.smi", "--beta", "2", "campaign.toml"),
        ("campaign.toml", "--beta", "2", "--space", "a.csv", "b.smi"),
        ("--space", "a.csv", "--beta", "2", "--space", "b.smi", "campaign.toml"),
        ("--space", "a.csv", "b.smi", "campaign.toml", "--beta", "2"),
    ],
)
def test_several_files_may_follow_the_flag_of_a_search_space(arguments: tuple[str, ...]) -> None:
    flags = run.make_context("run", list(arguments)).params
    assert str(flags["file"]) == "campaign.toml"
    assert choose({name: flags[name] for name in flags if "__" in name}, None).settings == {
        "campaign": {"space": ("a.csv", "b.smi")},
        "policy": {"beta": "2"},
    }


def test_named_pools_need_a_server_that_their_workers_reach() -> None:
    with pytest.raises(SettingsError, match=r"simulate\.pool.*cannot reach the embedded server"):
        settings("--qc-endpoint", "theta")


def test_the_help_shows_the_options_of_the_seeds_by_themselves() -> None:
    text = CliRunner().invoke(run, ["--help-all"]).output
    ours, theirs = text.split("Options of molecular-design's run.py:")
    assert "--simulate-slots" in ours
    assert "--num-qc-workers" in theirs
    assert "--num-qc-workers" not in ours
