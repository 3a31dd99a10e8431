"""What a campaign that goes on takes from its run directory, and what may be changed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.shared.errors import SettingsError
from molsteer.steering.cli.continue_ import continue_
from molsteer.steering.control.requests import Request, asked, drop
from molsteer.steering.errors import (
    NoCampaign,
    NothingToGoOnWith,
    RequestRefused,
    RunDirectoryInUse,
)
from molsteer.steering.run_directory import describe, held, public_settings
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.changes import FREE, may_change
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.start.going_on import going_on
from molsteer.steering.start.identity import identity_of, plan_of

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


@pytest.fixture
def toy(space: SearchSpace, tmp_path: Path) -> ToyCampaign:
    settings = {"campaign": {"space": space.folder, "budget": 24}, "policy": {"shortlist": 12}}
    describe(tmp_path, CampaignSettings.model_validate(settings))
    return ToyCampaign(tmp_path, space, toy_plan(space, slots_simulate=1))


def steer(toy: ToyCampaign, *requests: Request) -> None:
    """Let steering hear requests, and go."""
    for request in requests:
        drop(toy.folder, request)
    campaign = toy.steering()
    for _ in range(3):
        campaign.step(0.0)
        toy.work()
    campaign.ledger.close()


def actions(toy: ToyCampaign) -> list[str]:
    return [request.action for request in going_on(toy.folder, {}).requests]


@pytest.mark.parametrize(
    ("asked_before", "asks"),
    [([], []), (["pause"], ["resume"]), (["stop"], ["resume"]), (["stop-now"], ["resume"])],
)
def test_a_pause_and_a_stop_are_lifted(
    toy: ToyCampaign, asked_before: list[str], asks: list[str]
) -> None:
    steer(toy, *(Request.model_validate({"action": action}) for action in asked_before))
    assert actions(toy) == asks


def test_what_was_changed_stays_and_what_is_given_is_changed(toy: ToyCampaign) -> None:
    steer(toy, Request(action="set", changes={"policy.beta": 3.0, "simulate.slots": 0}))
    kept = going_on(toy.folder, {})
    assert (kept.settings.policy.beta, kept.settings.simulate.slots) == (3.0, 0)
    assert kept.requests == ()
    given = {"campaign": {"budget": "48"}, "policy": {"beta": "3"}, "simulate": {"slots": "4"}}
    assert going_on(toy.folder, given).changes == {"campaign.budget": 48, "simulate.slots": 4}


def test_variables_change_what_may_be_changed(
    toy: ToyCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    steer(toy)
    monkeypatch.setenv("MOLSTEER_CAMPAIGN__BUDGET", "48")
    monkeypatch.setenv("MOLSTEER_CAMPAIGN__RUN_DIR", "elsewhere")
    monkeypatch.setenv("MOLSTEER_CAMPAIGN__SEED", "0")
    assert going_on(toy.folder, {}).changes == {"campaign.budget": 48}
    monkeypatch.setenv("MOLSTEER_CAMPAIGN__SEED", "1")
    with pytest.raises(SettingsError, match=r"MOLSTEER_CAMPAIGN__SEED: it cannot .* Unset it"):
        going_on(toy.folder, {})


def test_a_campaign_that_has_all_it_wanted_says_what_would_let_it_go_on(toy: ToyCampaign) -> None:
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    campaign.ledger.close()
    with pytest.raises(NothingToGoOnWith, match=r"budget of 24 simulations.* --budget 48"):
        going_on(toy.folder, {})
    assert going_on(toy.folder, {"campaign": {"budget": "25"}}).changes == {"campaign.budget": 25}
    drop(toy.folder, Request(action="set", changes={"campaign.budget": 25}))
    assert actions(toy) == []


def test_a_campaign_that_somebody_steers_is_told_and_not_asked(toy: ToyCampaign) -> None:
    steer(toy)
    with held(toy.folder), pytest.raises(RunDirectoryInUse, match=str(os.getpid())):
        going_on(toy.folder, {"campaign": {"budget": "48"}})


def test_what_is_no_run_directory_is_told(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "absent", tmp_path / "file" / "below"):
        with pytest.raises(NoCampaign):
            going_on(place, {})
    (tmp_path / "campaign.toml").touch()
    told = CliRunner().invoke(continue_, [str(tmp_path / "campaign.toml")]).exception
    assert isinstance(told, SettingsError)
    assert f"molsteer run {tmp_path / 'campaign.toml'}" in str(told)


def test_requests_that_were_not_heard_are_taken_back(tmp_path: Path) -> None:
    request = Request(action="resume")

    def fail() -> None:
        assert len(list((tmp_path / "requests").iterdir())) == 2
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), asked(tmp_path, [request, request]):
        fail()
    assert not any((tmp_path / "requests").iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(RequestRefused), asked(tmp_path / "file", [request]):
        pass


def test_the_address_of_a_server_is_kept_and_its_password_is_not(tmp_path: Path) -> None:
    queue = {"redis_url": "rediss://me:secret@there:7/1", "tls_ca_file": "ca.pem"}
    settings = {"campaign": {"space": "a.smi"}, "queue": queue, "workers": {"server": "external"}}
    describe(tmp_path, CampaignSettings.model_validate(settings))
    kept = json.loads((tmp_path / "settings.json").read_text())
    assert kept["queue"]["redis_url"] == "rediss://me@there:7/1"
    assert kept["queue"]["tls_ca_file"] == str(Path("ca.pem").absolute())
    assert kept["campaign"]["space"] == [str(Path("a.smi").absolute())]


def test_an_address_that_anybody_may_write_to_is_not_kept(tmp_path: Path) -> None:
    notify = {
        "url": "https://hooks.example.org/services/secret",
        "command": "tell",
        "url_file": "u",
    }
    settings = {"campaign": {"space": "a.smi"}, "notify": notify}
    describe(tmp_path, CampaignSettings.model_validate(settings))
    text = (tmp_path / "settings.json").read_text()
    assert "secret" not in text
    assert "hooks" not in text
    kept = public_settings(tmp_path).notify
    assert (kept.command, kept.url, kept.url_file) == (("tell",), None, Path("u").absolute())


def test_no_decision_depends_on_what_each_session_may_have_its_own_of(
    space: SearchSpace, tmp_path: Path
) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text("smiles,ip_eV\nCC,11.0\n")
    other = {
        "campaign": {"space": space.folder, "hit_above_eV": 1.0, "truth": truth, "truth_top": 5},
        "objective": {
            **{"hit_above": 0.5, "hit_below": None, "hit_within": None},
            **{"limit_above": 0.0, "limit_below": 99.0},
        },
        "policy": {"max_starts": 9},
        "simulate": {"time_limit_s": 9.0, "pool": "far", "speed": 2.0},
        "train": {"pool": "far"},
        "infer": {"time_limit_s": 9.0, "batch_size": 9, "pool": "far"},
        "queue": {"prefix": "mine", "lease_s": 9.0},
        "stores": {"simulate": "file", "infer_results": "none"},
        "workers": {"server": "external", "local": False},
    }
    named = {f"{section}.{key}" for section, keys in other.items() for key in keys}
    assert {name for name in FREE if "." in name} == {name for name in named if name in FREE}
    identities = []
    tables = other | {"objective": [other["objective"]]}
    for sections in ({"campaign": {"space": space.folder}}, tables):
        settings = CampaignSettings.model_validate(sections)
        identities.append(identity_of(settings, space, None, plan_of(settings, space, 0)))
    assert identities[0] == identities[1]
    assert not may_change("campaign", "seed")


@pytest.mark.parametrize(("known", "first"), [(0, False), (31, False), (32, True)])
def test_labels_that_suffice_come_before_simulations_and_change_no_identity(
    space: SearchSpace, known: int, first: bool
) -> None:
    settings = CampaignSettings.model_validate({"campaign": {"space": space.folder}})
    plan = plan_of(settings, space, known)
    assert plan.labels_first is first
    assert "plan.labels_first" not in identity_of(settings, space, None, plan)
