from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.refused_outcome import refuse_first_outcome
from support.toy_campaign import BUDGET, ToyCampaign, early_plan, toy_plan, toy_space
from support.toy_services import toy_value_eV

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.bus.port import Whereabouts
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.wire.blob import ObjRef
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.codec import decode_outcome
from molsteer.shared.wire.learning import Infer, Predicted, Train
from molsteer.shared.wire.messages import ErrorRecord, Result, Simulate, Simulated, Task
from molsteer.shared.wire.topics import TOPICS, Topic
from molsteer.steering.ledger import tasks
from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.loop.loop import Campaign
from molsteer.steering.policy.commands import DispatchTraining
from molsteer.steering.policy.decide import decide
from molsteer.steering.policy.plan import Plan
from molsteer.steering.policy.state import State
from molsteer.steering.records.documents.record_files import read_record
from molsteer.steering.records.tables.patterns import laid_out
from molsteer.steering.records.tables.tables import MOLECULES
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.verification.verify import verify

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


def known_label(smiles: str, value_eV: float) -> KnownLabel:
    return KnownLabel(smiles, value_eV, level="xtb", property=ADIABATIC_IP, unit="eV")


def labels(campaign: Campaign) -> list[tuple[str, float]]:
    return campaign.ledger.connection.execute(
        "SELECT smiles, value FROM label JOIN result USING (number)"
        " WHERE property = ? ORDER BY number",
        (ADIABATIC_IP,),
    ).fetchall()


def assert_every_simulation_counts_once(campaign: Campaign) -> None:
    found = labels(campaign)
    assert len(found) == BUDGET
    assert len({smiles for smiles, _ in found}) == BUDGET
    assert all(value == toy_value_eV(smiles) for smiles, value in found)


def test_a_campaign_runs_to_its_budget_and_finds_the_best(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"
    assert_every_simulation_counts_once(campaign)
    best = max(toy_value_eV(space.smiles(index)) for index in range(len(space)))
    assert max(value for _, value in labels(campaign)) == best


def test_a_campaign_learns_from_labels_known_before_and_simulates_none_of_them_again(
    space: SearchSpace, tmp_path: Path
) -> None:
    inside = [space.smiles(index) for index in (3, 17, 40)]
    known = [known_label(smiles, toy_value_eV(smiles)) for smiles in inside]
    outside = known_label("c1ccccc1", 9.25)
    plan = toy_plan(space, known_labels=4, first_training_after=4)
    toy = ToyCampaign(tmp_path, space, plan, known=[*known, outside])
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"
    assert_every_simulation_counts_once(campaign)
    assert not {smiles for smiles, _ in labels(campaign)} & {*inside}
    expected = np.float32([*(label.value for label in known), 9.25]).tolist()
    assert toy.training_sets[0] == [expected]
    assert all(values[:4] == expected for (values,) in toy.training_sets)
    assert len(toy.training_sets[-1][0]) > len(expected)


def test_tautomers_are_simulated_each_and_have_records_of_their_own(tmp_path: Path) -> None:
    space = toy_space(tmp_path, ["O=c1cccc[nH]1", "Oc1ccccn1"])
    plan = toy_plan(space, budget=2)
    toy = ToyCampaign(tmp_path, space, plan)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert {smiles for smiles, _ in labels(campaign)} == {space.smiles(0), space.smiles(1)}
    records = campaign.ledger.connection.execute("SELECT smiles, record FROM result").fetchall()
    assert len(records) == 2
    assert all(read_record(toy.folder / file)["smiles"] == smiles for smiles, file in records)
    assert not verify(toy.folder).broken
    table = laid_out(MOLECULES, campaign.ledger)
    place = [column.name for column in table.columns].index("inchikey")
    shared = {row[place] for row in table.read(campaign.ledger)}
    assert shared == {"UBQKCCHYAOITMY-UHFFFAOYSA-N"}


def test_data_of_an_ended_update_leaves_the_stores(space: SearchSpace, tmp_path: Path) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    owners = campaign.ledger.connection.execute("SELECT DISTINCT owner FROM object").fetchall()
    assert [owner for (owner,) in owners] == ["space"]


def test_an_ended_campaign_leaves_nothing_even_where_stores_cannot_be_listed(
    space: SearchSpace, tmp_path: Path
) -> None:
    class Unlisted(MemoryBlobs):
        def clear(self, namespace: str) -> None:
            pass

    toy = ToyCampaign(tmp_path, space, toy_plan(space), blobs=Unlisted())
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    rows = campaign.ledger.connection.execute("SELECT reference FROM object").fetchall()
    stored = [ObjRef.model_validate_json(text) for (text,) in rows]
    assert any(toy.blobs.exists(ref) for ref in stored)
    campaign.dispatching.retire()
    assert not any(toy.blobs.exists(ref) for ref in stored)


def test_predictions_made_in_advance_are_used_and_leave_with_their_update(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy = ToyCampaign(tmp_path, space, early_plan(space), trainings_at_once=1)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert_every_simulation_counts_once(campaign)
    assert toy.used
    tables = campaign.ledger.connection
    assert tables.execute("SELECT count(*) FROM predicted_chunk").fetchone()[0] == 0
    owners = tables.execute("SELECT DISTINCT owner FROM object").fetchall()
    assert [owner for (owner,) in owners] == ["space"]
    campaign.dispatching.retire()
    assert verify(tmp_path).broken == ()


def test_stored_predictions_made_in_advance_stay_until_their_update_has_ended(
    space: SearchSpace, tmp_path: Path
) -> None:
    stored: list[ObjRef] = []

    class Watched(ToyCampaign):
        def _result(self, task: Task) -> Result:
            result = super()._result(task)
            if isinstance(result, Predicted) and isinstance(result.predictions, ObjRef):
                stored.append(result.predictions)
            return result

    plan = early_plan(space)
    toy = Watched(tmp_path, space, plan, trainings_at_once=1, threshold_bytes=100)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert toy.used, "whoever scored a chunk could read them"
    assert stored
    assert not any(toy.blobs.exists(ref) for ref in stored)
    assert_every_simulation_counts_once(campaign)


def test_a_chunk_that_could_not_be_scored_is_tried_again_without_what_was_predicted(
    space: SearchSpace, tmp_path: Path
) -> None:
    def spoiled(task: Task) -> ErrorRecord | None:
        if isinstance(task.body, Infer) and any(task.body.predicted):
            return ErrorRecord(code="spoiled", message="Nonsense.", retryable=True)
        return None

    toy = ToyCampaign(tmp_path, space, early_plan(space), fails=spoiled, trainings_at_once=1)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    tried_again = campaign.ledger.connection.execute(
        "SELECT DISTINCT status FROM task WHERE topic = 'infer' AND command ->> 'attempt' = 2"
    ).fetchall()
    assert [status for (status,) in tried_again] == ["ok"]


def test_replaying_the_journal_gives_the_state_that_was_reached(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    state = State.fresh(toy.plan)
    for event in campaign.ledger.events():
        state = decide(state, event).state
    assert state == campaign.state


def test_a_message_lost_on_the_way_is_published_again(space: SearchSpace, tmp_path: Path) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign = toy.steering()
    campaign.step(0.0)
    assert toy.bus.take("simulate") is not None  # a worker takes it and dies with its whole node
    toy.run_to_the_end(campaign)
    assert_every_simulation_counts_once(campaign)


def test_messages_that_were_published_just_now_are_not_looked_for(
    space: SearchSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign, asked = toy.steering(), list[str]()

    def whereabouts(tasks: Collection[tuple[Topic, str]]) -> Mapping[str, Whereabouts]:
        asked.extend(task_id for _, task_id in tasks)
        return dict.fromkeys((task_id for _, task_id in tasks), "queued")

    monkeypatch.setattr(toy.bus, "whereabouts", whereabouts)
    campaign.step(0.0)
    assert asked == []
    toy.at += campaign.lost_after_s
    campaign.step(0.0)
    assert len(asked) == toy.plan.slots_simulate + toy.plan.buffer


def test_data_that_was_lost_together_with_the_messages_is_put_again_and_costs_no_attempt(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign = toy.steering()
    while not (task := toy.bus.take("train")):
        campaign.step(0.0)
        if campaign.state.update is None:
            toy.work()
    for topic in TOPICS:
        while toy.bus.take(topic):
            pass
    toy.blobs.clear(task.campaign)
    toy.run_to_the_end(campaign)
    failed = "SELECT count(*) FROM task WHERE status = 'error'"
    assert campaign.ledger.connection.execute(failed).fetchone()[0] == 0
    assert_every_simulation_counts_once(campaign)


def test_outcomes_are_taken_in_while_nothing_can_be_published(
    space: SearchSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign = toy.steering()
    campaign.step(0.0)
    toy.work()

    def refuse(_task: Task) -> None:
        raise ServiceUnavailable("Redis", "here", "its memory is full", "Raise maxmemory.")

    with campaign.ledger.transaction():
        tasks.order(campaign.ledger, DispatchTraining(99, 0, (0,), 1, warm=False), toy.at)
    monkeypatch.setattr(toy.bus, "publish", refuse)
    with pytest.raises(ServiceUnavailable):
        campaign.step(0.0)
    assert len(labels(campaign)) == toy.plan.slots_simulate + toy.plan.buffer


def test_a_training_may_end_by_itself_before_it_is_killed(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign = toy.steering()
    while not (task := toy.bus.take("train")):
        campaign.step(0.0)
        if campaign.state.update is None:
            toy.work()
    assert isinstance(task.body, Train)
    assert task.max_s >= task.body.plan.deadline_s + 60.0


def test_a_record_depends_on_nothing_but_its_simulation(space: SearchSpace, tmp_path: Path) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    toy.run_to_the_end(toy.steering())
    with closing(toy.open_ledger()) as ledger:
        records = [name for (name,) in ledger.connection.execute("SELECT record FROM result")]
    assert len(records) == BUDGET
    times = set[bytes]()
    for file, _, offset in (name.partition("#") for name in records):
        at = int(offset or 0) + 4
        times.add((tmp_path / file).read_bytes()[at : at + 4])
    assert times == {bytes(4)}, "gzip keeps no time"


def test_a_crash_while_outcomes_are_forgotten_leaves_no_output_in_its_store(
    space: SearchSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign = toy.steering()
    campaign.step(0.0)
    toy.work()
    refs = [
        outcome.result.records
        for outcome in toy.bus.collect(0.0)
        if isinstance(outcome.result, Simulated)
    ]

    def crash(*_: object) -> None:
        raise Crash

    monkeypatch.setattr(toy.bus, "settle", crash)
    with pytest.raises(Crash):
        campaign.step(0.0)
    assert refs
    assert not any(toy.blobs.exists(ref) for ref in refs if isinstance(ref, ObjRef))


def test_lost_messages_are_found_soon_although_the_clock_was_set_back(
    space: SearchSpace, tmp_path: Path
) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space), at=5_000.0)
    campaign = toy.steering()
    campaign.step(0.0)
    toy.at -= 3_600.0
    while toy.bus.take("simulate"):
        pass
    toy.run_to_the_end(campaign, most_steps=100)
    campaign.dispatching.retire()
    assert_every_simulation_counts_once(campaign)
    assert verify(tmp_path).broken == ()


def test_molecules_that_always_fail_are_given_up_and_the_budget_is_still_reached(
    space: SearchSpace, tmp_path: Path
) -> None:
    def no_sulfur(task: Task) -> ErrorRecord | None:
        if task.topic == "simulate" and "S" in getattr(task.body, "smiles", ""):
            return ErrorRecord(code="scf-failed", message="No density.", retryable=True)
        return None

    toy = ToyCampaign(tmp_path, space, toy_plan(space), fails=no_sulfur)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert_every_simulation_counts_once(campaign)
    tries = campaign.ledger.connection.execute(
        "SELECT count(*) FROM task WHERE status = 'error' GROUP BY command ->> 'molecule'"
    ).fetchall()
    assert tries
    assert all(count == 2 for (count,) in tries)


def test_molecules_that_were_given_up_keep_no_place_in_the_ranking(
    space: SearchSpace, tmp_path: Path
) -> None:
    best = sorted(range(len(space)), key=lambda molecule: -toy_value_eV(space.smiles(molecule)))
    hopeless = {space.smiles(molecule) for molecule in best[:25]}

    def only_the_others(task: Task) -> ErrorRecord | None:
        if isinstance(task.body, Simulate) and task.body.smiles in hopeless:
            return ErrorRecord(code="scf-failed", message="No density.", retryable=False)
        return None

    plan = toy_plan(space, budget=len(space), shortlist=1, failure_limit=100)
    toy = ToyCampaign(tmp_path, space, plan, fails=only_the_others)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert campaign.finished == "out-of-candidates"
    assert {smiles for smiles, _ in labels(campaign)} | hopeless == {
        space.smiles(molecule) for molecule in range(len(space))
    }


def test_a_campaign_whose_every_simulation_fails_ends_and_says_so(
    space: SearchSpace, tmp_path: Path
) -> None:
    broken = ErrorRecord(code="engine-missing", message="No engine.", retryable=False)
    toy = ToyCampaign(tmp_path, space, toy_plan(space), fails=lambda _task: broken)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert campaign.finished == "failing"


def test_an_outcome_that_cannot_be_recorded_is_put_aside_and_its_task_done_again(
    space: SearchSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    campaign, refused = toy.steering(), refuse_first_outcome(monkeypatch)
    toy.run_to_the_end(campaign)
    campaign.dispatching.retire()
    ((data, reason),) = toy.bus.dead_letters
    assert "It cannot be recorded: Python int too large" in reason
    assert decode_outcome(data).task_id == refused[0]
    assert_every_simulation_counts_once(campaign)
    assert verify(tmp_path).broken == ()
    starts = "SELECT starts, status FROM task WHERE task_id = ?"
    assert tuple(campaign.ledger.connection.execute(starts, refused).fetchone()) == (2, "ok")


class Crash(BaseException):
    """Stands for kill -9."""


class CrashingCalls:
    """Lets calls of a port pass, and crashes before or after the one whose turn it is."""

    def __init__(self, port: object, countdown: list[int]) -> None:
        self._port, self._countdown = port, countdown

    def __getattr__(self, name: str) -> object:
        attribute = getattr(self._port, name)
        if not callable(attribute):
            return attribute

        def call(*arguments: object, **named: object) -> object:
            self._tick()
            answer = attribute(*arguments, **named)
            self._tick()
            return answer

        return call

    def _tick(self) -> None:
        self._countdown[0] -= 1
        if self._countdown[0] == 0:
            raise Crash


@pytest.mark.parametrize("planned", [toy_plan, early_plan])
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    crashes=st.lists(st.integers(1, 250), min_size=1, max_size=6),
    checkpoint_after=st.sampled_from([1, 7, 10_000]),
)
def test_a_campaign_killed_at_any_instant_goes_on_and_counts_everything_once(
    space: SearchSpace,
    tmp_path_factory: pytest.TempPathFactory,
    planned: Callable[[SearchSpace], Plan],
    crashes: list[int],
    checkpoint_after: int,
) -> None:
    folder = tmp_path_factory.mktemp("run")
    toy = ToyCampaign(
        folder, space, planned(space), trainings_at_once=1, checkpoint_after=checkpoint_after
    )
    for calls in crashes:
        campaign = toy.steering()
        countdown = [calls]
        campaign.bus = CrashingCalls(toy.bus, countdown)  # type: ignore[assignment]
        blobs = CrashingCalls(toy.blobs, countdown)
        campaign.dispatching.blobs = campaign.intake.blobs = blobs  # type: ignore[assignment]
        with suppress(Crash):
            toy.run_to_the_end(campaign)
        campaign.ledger.close()
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert_every_simulation_counts_once(campaign)
    campaign.ledger.close()
