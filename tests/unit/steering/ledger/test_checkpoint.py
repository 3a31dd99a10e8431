"""A campaign that goes on from its checkpoint instead of its whole journal."""

from __future__ import annotations

import zlib
from contextlib import closing
from dataclasses import replace
from math import ceil
from pathlib import Path

import pytest
from rpds import HashTrieSet
from support.toy_campaign import BUDGET, ToyCampaign, toy_plan, toy_space

from molsteer.shared.failpoints import FailpointReached
from molsteer.steering.control.requests import Request, drop
from molsteer.steering.ledger import checkpoint
from molsteer.steering.ledger.checkpoint import Checkpoints
from molsteer.steering.loop.loop import Campaign
from molsteer.steering.policy.codecs.state_codec import state_to_json
from molsteer.steering.policy.decide import decide
from molsteer.steering.policy.plan import Plan
from molsteer.steering.policy.state import State
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.verification.verify import verify

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


@pytest.fixture
def toy(space: SearchSpace, tmp_path: Path) -> ToyCampaign:
    """A campaign that was cut off in its second half; its state was kept every five events."""
    toy = ToyCampaign(tmp_path, space, toy_plan(space), checkpoint_after=5)
    with closing((campaign := toy.steering()).ledger):
        while campaign.state.successes < BUDGET // 2:
            campaign.step(0.0)
            toy.work()
    return toy


def replayed(campaign: Campaign, plan: Plan) -> State:
    """Follow the whole journal, whatever was kept."""
    state = State.fresh(plan)
    for event in campaign.ledger.events():
        state = decide(state, event).state
    return state


def count(campaign: Campaign, what: str) -> int:
    (found,) = campaign.ledger.connection.execute(f"SELECT {what}").fetchone()
    return int(found)


def end(toy: ToyCampaign, campaign: Campaign) -> None:
    """Run a campaign to its end, and prove it whole."""
    toy.run_to_the_end(campaign)
    assert campaign.state == replayed(campaign, toy.plan)
    campaign.dispatching.retire()
    campaign.ledger.close()
    verdict = verify(toy.folder)
    assert verdict.broken == ()
    assert verdict.results == BUDGET


def test_going_on_reads_nothing_of_the_journal_before_the_checkpoint(toy: ToyCampaign) -> None:
    with closing((campaign := toy.steering()).ledger) as ledger:
        state = campaign.state
        assert state == replayed(campaign, toy.plan)
        assert count(campaign, "max(seq) FROM event") > 10
        ledger.connection.execute(
            "UPDATE event SET body = 'lost' WHERE seq <= (SELECT seq FROM checkpoint)"
        )
    with closing(toy.steering().ledger) as ledger:
        assert checkpoint.reached(ledger, State.fresh(toy.plan)) == state


def test_one_state_is_kept_and_never_far_behind_the_journal(toy: ToyCampaign) -> None:
    campaign = toy.steering()
    while not campaign.finished:
        toy.work()
        before = count(campaign, "max(seq) FROM event")
        campaign.step(0.0)
        assert count(campaign, "count(*) FROM checkpoint") == 1
        if count(campaign, "max(seq) FROM event") > before:
            assert before - count(campaign, "seq FROM checkpoint") < toy.checkpoint_after
    end(toy, campaign)


def test_a_large_state_is_kept_less_often(toy: ToyCampaign) -> None:
    with closing(toy.steering().ledger) as ledger, ledger.transaction():
        events, kept = ledger.connection.execute(
            "SELECT (SELECT max(seq) FROM event), (SELECT seq FROM checkpoint)"
        ).fetchone()
        large = replace(State.fresh(toy.plan), chosen=HashTrieSet(range(10 * events)))
        Checkpoints().keep_when_due(ledger, large, after=0)
        assert ledger.connection.execute("SELECT seq FROM checkpoint").fetchone()[0] == kept
        Checkpoints().keep_when_due(ledger, State.fresh(toy.plan), after=0)
        assert ledger.connection.execute("SELECT seq FROM checkpoint").fetchone()[0] == events


def test_a_large_state_is_kept_in_several_transactions_and_is_that_of_the_first(
    toy: ToyCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "MOLECULES_AT_ONCE", 3)
    toy.checkpoint_after = 1
    campaign = toy.steering()
    begun_at, chosen = count(campaign, "max(seq) FROM event"), len(campaign.state.chosen)
    transactions = 1  # that of its beginning
    while count(campaign, "seq FROM checkpoint") < begun_at:
        toy.work()
        before = count(campaign, "max(seq) FROM event")
        campaign.step(0.0)
        transactions += count(campaign, "max(seq) FROM event") > before
    assert transactions == ceil(chosen / 3) > 2
    assert count(campaign, "seq FROM checkpoint") == begun_at
    end(toy, campaign)


@pytest.mark.parametrize("failpoint", ["outcome-read", "outcome-committed"])
def test_a_campaign_cut_off_right_before_or_after_a_checkpoint_goes_on(
    toy: ToyCampaign, monkeypatch: pytest.MonkeyPatch, failpoint: str
) -> None:
    toy.checkpoint_after = 1
    for _ in range(3):
        campaign = toy.steering()
        kept = count(campaign, "seq FROM checkpoint")
        committed = 0 if failpoint == "outcome-read" else count(campaign, "max(seq) FROM event")
        monkeypatch.setenv("MOLSTEER_FAILPOINT", f"{failpoint}:raise")
        with pytest.raises(FailpointReached):
            toy.run_to_the_end(campaign)
        monkeypatch.delenv("MOLSTEER_FAILPOINT")
        assert count(campaign, "seq FROM checkpoint") == max(kept, committed)
        campaign.ledger.close()
        with closing((campaign := toy.steering()).ledger):
            assert campaign.state == replayed(campaign, toy.plan)
            campaign.step(0.0)
            toy.work()
    end(toy, toy.steering())


@pytest.mark.parametrize(
    "damage",
    ["x''", "zeroblob(100)", "substr(state, 1, length(state) - 9)", "CAST(:other AS BLOB)"],
    ids=["nothing", "zeros", "cut-off", "of-another-version"],
)
def test_a_checkpoint_that_cannot_be_read_is_told_and_the_whole_journal_replayed(
    toy: ToyCampaign, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    other = state_to_json(State.fresh(toy.plan)).replace(b'"began"', b'"begun"')
    with closing(toy.open_ledger()) as ledger:
        state = checkpoint.reached(ledger, State.fresh(toy.plan))
    with closing(toy.steering().ledger) as ledger:
        ledger.connection.execute(
            f"UPDATE checkpoint SET state = {damage}",  # noqa: S608
            {"other": zlib.compress(other + b"\n")} if ":other" in damage else {},
        )
    assert "The checkpoint of the policy cannot be read: " in "\n".join(verify(toy.folder).broken)
    campaign = toy.steering()
    assert "The whole journal is replayed instead." in caplog.text
    assert campaign.state == state
    assert not any("checkpoint" in sentence for sentence in verify(toy.folder).broken)
    end(toy, campaign)


def test_a_checkpoint_of_another_state_is_named(toy: ToyCampaign) -> None:
    with closing((campaign := toy.steering()).ledger) as ledger:
        another = replace(campaign.state, generation=campaign.state.generation + 1)
        ledger.connection.execute(
            "UPDATE checkpoint SET state = ?, seq = (SELECT max(seq) FROM event)",
            (zlib.compress(state_to_json(another) + b"\n"),),
        )
    assert verify(toy.folder).broken == (
        "The checkpoint of the policy leads to another state than the whole journal.",
    )


def test_a_plan_that_was_changed_before_and_after_the_checkpoint_is_kept(toy: ToyCampaign) -> None:
    begun_with = toy.plan
    for shortlist, slots in ((9, 1), (7, 3), (5, 1)):
        drop(toy.folder, Request(action="set", changes={"policy.shortlist": shortlist}))
        toy.plan = replace(toy.plan, slots_simulate=slots)
        for _ in range(2):
            with closing((campaign := toy.steering()).ledger):
                plan = campaign.state.plan
                assert (plan.shortlist, plan.slots_simulate) == (shortlist, slots)
                assert campaign.state == replayed(campaign, begun_with)
                toy.work()
                campaign.step(0.0)
    toy.plan = begun_with
    end(toy, toy.steering())
