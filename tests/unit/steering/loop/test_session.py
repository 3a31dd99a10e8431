"""What keeps a campaign from going on is shown, and never ends it by itself."""

from __future__ import annotations

import gc
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.shared.errors import ServiceUnavailable
from molsteer.steering.loop import session as application
from molsteer.steering.loop.session import Application
from molsteer.steering.records.progress import Progress, measure
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.sites.watch import attendance
from molsteer.steering.space.search_space import SearchSpace

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


@pytest.fixture
def toy(space: SearchSpace, tmp_path: Path) -> ToyCampaign:
    return ToyCampaign(tmp_path, space, toy_plan(space))


@pytest.fixture
def steered(toy: ToyCampaign, monkeypatch: pytest.MonkeyPatch) -> Application:
    monkeypatch.setattr(application, "STEP_S", 0.0)
    monkeypatch.setattr(application, "MEASURE_EVERY_S", 0.0)
    monkeypatch.setattr(application, "REST", 0.0)
    settings = CampaignSettings.model_validate({"campaign": {"space": toy.space.folder}})
    return Application(settings, toy.steering(), None, None, attendance(settings, 0.0))


def refuse(*_args: object, **_named: object) -> Progress:
    raise ServiceUnavailable("The run directory", "run", "it is locked", "Close it.")


def test_a_ledger_that_cannot_be_read_for_a_while_leaves_the_last_progress(
    toy: ToyCampaign, steered: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    steered.advance(pytest.fail)
    toy.work()
    before = steered.advance(pytest.fail)
    toy.work()
    with monkeypatch.context() as patch:
        patch.setattr(application, "measure", refuse)
        shown = steered.advance(pytest.fail)
    assert shown.activity == "The run directory at run cannot be used: it is locked. Close it."
    assert (shown.best, shown.budget) == (before.best, before.budget)
    assert steered.advance(pytest.fail).activity == before.activity


def test_what_steering_must_tell_is_told_once(toy: ToyCampaign, steered: Application) -> None:
    steered.campaign.news.append("Something a person should hear.")
    heard: list[str] = []
    for _ in range(2):
        steered.advance(heard.append)
    assert heard == ["Something a person should hear."]


def test_a_campaign_that_is_to_rest_does_so_although_its_server_does_not_answer(
    steered: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    steered.advance(pytest.fail)
    monkeypatch.setattr(steered.campaign.bus, "collect", refuse)
    steered.campaign.drain()
    steered.advance(pytest.fail)
    assert not steered.ended
    monkeypatch.setattr(application, "END_ANYHOW_AFTER_S", 0.0)
    assert steered.ended


def test_a_ledger_that_takes_long_to_look_at_is_looked_at_seldom(
    toy: ToyCampaign, steered: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    def slow(*args: Any, **named: Any) -> Progress:
        looks.append(0.0)
        return measure(*args, **named)

    monkeypatch.setattr(application, "measure", slow)
    monkeypatch.setattr(application, "REST", 1e9)
    shown = [steered.advance(pytest.fail)]
    for _ in range(3):
        toy.work()
        shown.append(steered.advance(pytest.fail))
    assert len(looks) == 1
    done = [progress.done for progress in shown]
    assert done[0] == 0
    assert done == sorted(set(done))  # what is known without looking is always new
    assert [progress.levels[0].done for progress in shown] == done


def test_a_ledger_without_news_is_not_looked_at(
    toy: ToyCampaign, steered: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    steered.advance(pytest.fail)
    toy.work()
    before = steered.advance(pytest.fail)
    monkeypatch.setattr(application, "measure", refuse)
    assert steered.advance(pytest.fail) == before


def test_what_was_loaded_before_a_campaign_is_not_collected_again_and_again() -> None:
    over: Any = SimpleNamespace(finished="budget-reached")
    nothing: Any = None
    Application(nothing, over, None, None, nothing).steer(nothing, nothing)
    try:
        assert gc.get_freeze_count() > 1000
    finally:
        gc.unfreeze()
