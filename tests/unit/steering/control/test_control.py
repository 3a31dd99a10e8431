"""What people ask of a campaign counts, whether or not steering runs, and counts once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from support.referee import a_plan
from support.toy_campaign import ToyCampaign, toy_space

from molsteer.shared.bus.memory import MemoryBus
from molsteer.shared.bus.port import Packet
from molsteer.shared.errors import SettingsError
from molsteer.shared.wire.learning import Infer
from molsteer.shared.wire.messages import Simulate, Task
from molsteer.steering.control.asking import ask
from molsteer.steering.control.requests import Inbox, Request, answer_to, changes_of, drop
from molsteer.steering.errors import NoCampaign, OtherCampaign, RequestRefused
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.loop.loop import Campaign
from molsteer.steering.policy.decide import decide
from molsteer.steering.policy.state import State
from molsteer.steering.records.figures.reached import simulated
from molsteer.steering.run_directory import claim, held
from molsteer.steering.settings.changes import read_changes
from molsteer.steering.space.search_space import SearchSpace

pytestmark = pytest.mark.fast

BUDGET = 20


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


class WatchedBus(MemoryBus):
    """Remembers what was published."""

    def __init__(self) -> None:
        super().__init__()
        self.published: list[Task] = []

    def publish(self, *messages: Task | Packet) -> Sequence[int]:
        for message in messages:
            self.published.extend(message if isinstance(message, tuple) else (message,))
        return super().publish(*messages)


@pytest.fixture
def toy(space: SearchSpace, tmp_path: Path) -> ToyCampaign:
    plan = a_plan(
        budget=BUDGET,
        slots_simulate=2,
        first_training_after=6,
        retrain_after=4,
        members=2,
        space_size=len(space),
        chunk_size=space.chunk_size,
    )
    return ToyCampaign(tmp_path, space, plan, bus=WatchedBus())


def requested(toy: ToyCampaign, *assignments: str, action: str = "set") -> str:
    request = {"action": action, "changes": read_changes(assignments)}
    return drop(toy.folder, Request.model_validate(request))


def work(toy: ToyCampaign, campaign: Campaign, steps: int) -> None:
    for _ in range(steps):
        campaign.step(0.0)
        toy.work()


def published(toy: ToyCampaign) -> list[Task]:
    assert isinstance(toy.bus, WatchedBus)
    return toy.bus.published


def labels(campaign: Campaign) -> int:
    return simulated(campaign.ledger)


def test_a_pause_holds_everything_back_until_it_is_lifted_also_over_restarts(
    toy: ToyCampaign,
) -> None:
    campaign = toy.steering()
    work(toy, campaign, 3)
    requested(toy, action="pause")
    campaign.step(0.0)
    before, settled = len(published(toy)), labels(campaign)
    work(toy, campaign, 3)
    campaign = toy.steering()
    work(toy, campaign, 3)
    assert campaign.state.paused
    assert len(published(toy)) == before
    assert labels(campaign) >= settled
    requested(toy, action="resume")
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"


def test_a_campaign_that_was_stopped_goes_on_after_it_is_resumed(toy: ToyCampaign) -> None:
    campaign = toy.steering()
    work(toy, campaign, 3)
    requested(toy, action="stop")
    toy.run_to_the_end(campaign)
    assert campaign.finished == campaign.ledger.fact("finished") == "stopped"
    assert toy.steering().finished == "stopped"
    requested(toy, action="resume")
    campaign = toy.steering()
    assert campaign.finished is campaign.ledger.fact("finished") is None
    toy.run_to_the_end(campaign)
    assert labels(campaign) == BUDGET


def test_simulations_that_a_stop_at_once_cancelled_are_the_first_when_it_goes_on(
    toy: ToyCampaign,
) -> None:
    campaign = toy.steering()
    campaign.step(0.0)
    molecules = [task.body.smiles for task in published(toy) if isinstance(task.body, Simulate)]
    requested(toy, action="stop-now")
    campaign.step(0.0)
    assert campaign.finished == "stopped"
    assert toy.work() == 0, "what was taken back does not begin"
    requested(toy, action="resume")
    before = len(published(toy))
    toy.steering().step(0.0)
    again = [
        task.body.smiles for task in published(toy)[before:] if isinstance(task.body, Simulate)
    ]
    assert sorted(again) == sorted(molecules)


def test_a_larger_budget_lets_an_ended_campaign_go_on(toy: ToyCampaign) -> None:
    toy.run_to_the_end(toy.steering())
    requested(toy, f"budget={BUDGET + 5}")
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"
    assert labels(campaign) == BUDGET + 5


def test_candidates_are_ranked_as_it_was_changed_also_after_a_restart(toy: ToyCampaign) -> None:
    campaign = toy.steering()
    requested(toy, "beta=2", "shortlist=5")
    work(toy, campaign, 6)
    toy.run_to_the_end(campaign)
    scored = [task.body for task in published(toy) if isinstance(task.body, Infer)]
    assert {body.acquisition.beta for body in scored} == {2.0}
    assert scored[0].keep < 16
    assert changes_of(toy.steering().ledger) == {"policy.beta": 2.0, "policy.shortlist": 5}


def test_slots_that_were_changed_count_at_once(toy: ToyCampaign) -> None:
    campaign = toy.steering()
    campaign.step(0.0)
    requested(toy, "slots.simulate=5")
    campaign.step(0.0)
    assert campaign.state.in_flight_of("simulate") == 5


def test_a_request_that_is_met_again_after_a_crash_changes_nothing(toy: ToyCampaign) -> None:
    campaign = toy.steering()
    name = requested(toy, "buffer=3")
    file = toy.folder / "requests" / f"{name}.json"
    kept = file.read_bytes()
    campaign.step(0.0)
    assert not file.exists()
    requested(toy, "buffer=4")
    campaign.step(0.0)
    file.write_bytes(kept)
    events = len(list(campaign.ledger.events()))
    campaign = toy.steering()
    campaign.step(0.0)
    assert campaign.state.plan.buffer == 4
    assert len(list(campaign.ledger.events())) == events
    assert not file.exists()


def test_replaying_the_journal_of_a_controlled_campaign_gives_the_state_that_was_reached(
    toy: ToyCampaign,
) -> None:
    campaign = toy.steering()
    for action in ("pause", "resume", "stop", "resume"):
        requested(toy, action=action)
        requested(toy, "buffer=3", "attempts=1")
        work(toy, campaign, 2)
    toy.run_to_the_end(campaign)
    state = State.fresh(toy.plan)
    for event in campaign.ledger.events():
        state = decide(state, event).state
    assert state == campaign.state


def test_requests_count_in_the_order_in_which_they_were_made(toy: ToyCampaign) -> None:
    campaign = toy.steering()
    for buffer in (5, 6, 7):
        requested(toy, f"buffer={buffer}")
    campaign.step(0.0)
    assert campaign.state.plan.buffer == 7


@pytest.mark.parametrize(
    "text", ["", "[]", '{"action":"explode"}', '{"action":"set","changes":{"policy.beta":-1}}']
)
def test_a_request_that_cannot_be_read_is_refused_and_the_campaign_goes_on(
    toy: ToyCampaign, text: str
) -> None:
    campaign = toy.steering()
    file = toy.folder / "requests" / "1.json"
    file.parent.mkdir()
    file.write_text(text)
    events = len(list(campaign.ledger.events()))
    campaign.step(0.0)
    assert answer_to(campaign.ledger, "1")
    assert not file.exists()
    assert len(list(campaign.ledger.events())) == events


def test_a_request_to_a_campaign_that_does_not_run_is_kept_and_that_is_said(
    toy: ToyCampaign,
) -> None:
    toy.steering()
    assert "counts when it goes on: molsteer continue" in ask(toy.folder, Request(action="pause"))
    assert toy.steering().state.paused


def test_a_steering_process_that_is_busy_is_not_waited_for_too_long(toy: ToyCampaign) -> None:
    toy.steering()
    with held(toy.folder):
        answer = ask(toy.folder, Request(action="pause"), patience_s=0.1)
    assert "busy" in answer


def test_a_refusal_is_told(toy: ToyCampaign, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = toy.steering().ledger

    def refused(run_dir: Path, request: Request) -> str:
        (toy.folder / "requests").mkdir()
        (toy.folder / "requests" / "1.json").write_text("{}")
        assert not list(Inbox(run_dir, ledger).unheard())
        return "1"

    monkeypatch.setattr("molsteer.steering.control.asking.drop", refused)
    with pytest.raises(RequestRefused, match="one molsteer version"):
        ask(toy.folder, Request(action="pause"))


def test_a_run_directory_that_cannot_be_written_is_told(toy: ToyCampaign) -> None:
    toy.steering()
    (toy.folder / "requests").write_text("in the way of the folder")
    with pytest.raises(RequestRefused, match="Nothing can be written there"):
        ask(toy.folder, Request(action="pause"))


def test_a_folder_without_a_campaign_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoCampaign):
        ask(tmp_path, Request(action="pause"))
    assert not list(tmp_path.iterdir())


def test_names_may_be_shortened_or_turned_around_where_they_stay_clear() -> None:
    assert read_changes(["slots.simulate=8", "beta=2", "campaign.budget=7"]) == {
        "simulate.slots": 8,
        "policy.beta": 2.0,
        "campaign.budget": 7,
    }


def test_everything_wrong_with_changes_is_told_at_once() -> None:
    wrong = [
        "bugdet=7",
        "slots=2",
        "beta=high",
        "buffer=-1",
        "attempts",
        "=5",
        "budget=1",
        "budget=2",
    ]
    with pytest.raises(SettingsError) as raised:
        read_changes(wrong)
    message = str(raised.value)
    for part in (
        "bugdet: it cannot be changed. What can be changed: campaign.budget,",
        "slots: it could mean simulate.slots or train.slots or infer.slots",
        "policy.beta: must be a number",
        "policy.buffer: must be at least 0",
        "attempts: write NAME=VALUE",
        "=5: write NAME=VALUE",
        "campaign.budget: it is given twice",
    ):
        assert part in message
    assert len(raised.value.problems) == 7


def test_a_number_that_no_message_can_carry_is_no_change() -> None:
    with pytest.raises(SettingsError, match=r"policy\.beta: .* finite number"):
        read_changes(["beta=inf"])


def test_a_campaign_goes_on_with_the_settings_it_began_with_or_has_now(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, create=True)
    began: dict[str, object] = {"campaign.budget": 100, "campaign.seed": 1}
    campaign = claim(tmp_path, ledger, "mine", began, {})
    changes = {"campaign.budget": 200}
    assert claim(tmp_path, ledger, "mine", began, changes) == campaign
    assert claim(tmp_path, ledger, "mine", began | changes, changes) == campaign
    with pytest.raises(OtherCampaign, match=r"(?s)budget is 200 there, 150 here.*molsteer set"):
        claim(tmp_path, ledger, "mine", began | {"campaign.budget": 150}, changes)
    with pytest.raises(OtherCampaign):
        claim(tmp_path, ledger, "mine", began | changes, {})
