"""Whoever mistypes a name is told which one was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from molsteer.shared.errors import SettingsError
from molsteer.shared.plugins import PluginMissing, find_plugin
from molsteer.shared.settings.loading import load
from molsteer.shared.settings.sections import TABLES
from molsteer.shared.settings.worker import WorkerSettings
from molsteer.shared.suggestions import did_you_mean, meant
from molsteer.steering.settings.campaign import CampaignSettings, load_campaign
from molsteer.steering.settings.changes import read_changes

pytestmark = pytest.mark.fast


def problems(folder: Path, text: str) -> list[str]:
    file = folder / "campaign.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_campaign(file, {})
    return list(refused.value.problems)


@pytest.mark.parametrize(
    ("given", "likely"), [("stat-us", "status"), ("STATUS", "status"), ("retrain-after", None)]
)
def test_a_name_is_meant_if_it_is_like_the_one_given(given: str, likely: str | None) -> None:
    assert meant(given, ["status", "stop"]) == likely
    assert did_you_mean(given, ["status"]) == (" Did you mean status?" if likely else "")


def test_the_tables_that_are_known_are_those_of_a_campaign() -> None:
    assert set(TABLES) == set(CampaignSettings.model_fields)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[campaign]\nspace = "a.smi"\nbugdet = 7\n',
            "line 3, [campaign] bugdet: there is no such setting. Did you mean [campaign] budget?",
        ),
        (
            'campaign.space = "a.smi"\ncampaign.bugdet = 7\n',
            "line 2, [campaign] bugdet: there is no such setting. Did you mean [campaign] budget?",
        ),
        (
            '[policy]\nbudget = 7\n[campaign]\nspace = "a.smi"\n',
            "line 2, [policy] budget: there is no such setting. Did you mean [campaign] budget?",
        ),
        (
            '[campaign]\nspace = "a.smi"\n\n[polcy] # how\nbeta = 7\n',
            "line 4, [polcy]: there is no such setting. Did you mean [policy]?",
        ),
        (
            'budget = 7\n[campaign]\nspace = "a.smi"\n',
            "line 1, [budget]: there is no such setting. Did you mean [campaign] budget?",
        ),
        (
            '[campaign]\nspace = "a.smi"\nzzz = 7\n',
            "line 3, [campaign] zzz: there is no such setting. Check the spelling.",
        ),
        (
            'policy = {beta = "high"}\n[campaign]\nspace = "a.smi"\n',
            "[policy] beta: must be a number.",
        ),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_line_and_what_was_meant(
    tmp_path: Path, text: str, told: str
) -> None:
    assert problems(tmp_path, text) == [told]


def test_mistakes_without_number_are_all_named(tmp_path: Path) -> None:
    wrong = "".join(f"k{number} = 1\n" for number in range(10_000))
    told = problems(tmp_path, f'[campaign]\nspace = "a.smi"\n{wrong}')
    assert len(told) == 10_000
    assert told[-1].startswith("[campaign] k9999: there is no such setting")


@pytest.mark.parametrize(
    ("section", "text", "likely"),
    [
        ("stores", 'train = "fiel"', "file"),
        ("policy", 'during_update = "hold"', None),
        ("policy", 'during_update = "paus"', "pause"),
        ("policy", 'starter = "kmeans"', "k-means"),
        ("simulate", 'engine = "tblit"', "tblite"),
    ],
)
def test_a_value_that_is_none_of_those_there_are_is_told_with_the_nearest(
    tmp_path: Path, section: str, text: str, likely: str | None
) -> None:
    (said,) = problems(tmp_path, f'[campaign]\nspace = "a.smi"\n[{section}]\n{text}\n')
    assert said.startswith(f"line 4, [{section}]")
    assert said.endswith(f"; did you mean {likely}.") == bool(likely)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("MOLSTEER_POLCY__BETA", "Did you mean MOLSTEER_POLICY__BETA?"),
        ("MOLSTEER_BUDGET", "Did you mean MOLSTEER_CAMPAIGN__BUDGET?"),
        ("MOLSTEER_REDIS_URL", "Did you mean MOLSTEER_QUEUE__REDIS_URL?"),
        ("molsteer_nonsense", "Check the spelling, or unset it."),
    ],
)
def test_a_variable_that_nobody_reads_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    monkeypatch.setenv(name, "3")
    with pytest.raises(SettingsError) as refused:
        load_campaign(None, {"campaign": {"space": "a.smi"}})
    assert refused.value.problems == (f"{name}: there is no such setting. {told}",)


def test_a_variable_of_a_table_with_an_unknown_key_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MOLSTEER_POLICY__BTA", "3")
    monkeypatch.setenv("MOLSTEER_POLICY__ATTEMPTS", "few")
    assert problems(tmp_path, '[campaign]\nspace = "a.smi"\n[policy]\nattempts = 1\n') == [
        "MOLSTEER_POLICY__ATTEMPTS, [policy] attempts: must be a whole number.",
        "MOLSTEER_POLICY__BTA, [policy] bta: there is no such setting. "
        "Did you mean MOLSTEER_POLICY__BETA?",
    ]


def test_variables_of_the_program_of_other_services_and_of_kubernetes_are_let_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (
        "MOLSTEER_FAILPOINT",
        "MOLSTEER_CAMPAIGN__BUDGET",
        "MOLSTEER_REDIS_SERVICE_HOST",
        "MOLSTEER_REDIS_SERVICE_PORT_MAIN",
        "MOLSTEER_REDIS_PORT_6379_TCP_ADDR",
        "MOLSTEER_REDIS_PORT",
    ):
        monkeypatch.setenv(name, "3")
    load(WorkerSettings, None, {})
    monkeypatch.setenv("MOLSTEER_QUEU__PREFIX", "mine")
    with pytest.raises(SettingsError, match="Did you mean MOLSTEER_QUEUE__PREFIX"):
        load(WorkerSettings, None, {})


def test_changes_and_plug_ins_are_told_with_what_was_meant() -> None:
    with pytest.raises(
        SettingsError, match=r"bugdet: it cannot .*\. Did you mean campaign\.budget"
    ):
        read_changes(["bugdet=7"])
    with pytest.raises(SettingsError, match="did you mean pause"):
        read_changes(["during_update=paus"])
    with pytest.raises(PluginMissing, match="Did you mean greedy"):
        find_plugin("acquisition", "gredy")


@pytest.mark.parametrize(
    ("file", "flags", "server"),
    [
        ("", {}, "embedded"),
        ("", {"queue": {"redis_url": "redis://127.0.0.1:6379/0"}}, "external"),
        ('[queue]\nredis_url = "redis://there"\n', {}, "external"),
        ('[workers]\nserver = "embedded"\n', {"queue": {"redis_url": "redis://a"}}, "external"),
        ('[queue]\nredis_url = "redis://a"\n', {"workers": {"server": "embedded"}}, "embedded"),
        ('[queue]\nredis_url = "redis://a"\n[simulate]\npool = "far"\n', {}, "external"),
    ],
)
def test_a_server_that_is_named_is_used_unless_an_own_one_is_asked_for_more_strongly(
    tmp_path: Path, file: str, flags: dict[str, dict[str, object]], server: str
) -> None:
    path = tmp_path / "campaign.toml"
    path.write_text(f'[campaign]\nspace = "a.smi"\n{file}', encoding="utf-8")
    assert load_campaign(path, flags).workers.server == server


def test_a_server_that_is_named_beside_an_own_one_is_refused(tmp_path: Path) -> None:
    text = '[campaign]\nspace = "a.smi"\n[workers]\nserver = "embedded"\n'
    (told,) = problems(tmp_path, f'{text}[queue]\nredis_url = "redis://a"\n')
    assert told.startswith("[workers] server: embedded starts a server for this run alone, and")
