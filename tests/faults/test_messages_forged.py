"""Messages by somebody who can write to the server, but has not the keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.celery_publisher import publishing_app
from support.external_campaign import ExternalCampaign
from support.tasks import outcome_of, simulate_task
from support.toy_services import executions
from support.waiting import eventually
from support.worker_process import WorkerProcess

from molsteer.shared.bus.celery_app import task_name
from molsteer.shared.bus.dead_letters import dead_letters
from molsteer.shared.bus.names import Keys, message_id
from molsteer.shared.wire.codec import encode
from molsteer.shared.wire.key_file import write_keys
from molsteer.shared.wire.key_ring import new_key_ring
from molsteer.shared.wire.messages import Outcome, Task
from molsteer.shared.wire.topics import TOPICS

RING = new_key_ring(TOPICS)
FORGED = "C[Si](C)(C)C"


@pytest.fixture
def signed(campaign: ExternalCampaign, tmp_path: Path) -> ExternalCampaign:
    """A campaign whose steering signs."""
    write_keys(tmp_path / "keys.json", RING)
    write_keys(tmp_path / "simulate.json", RING.only("simulate"))
    campaign.settings["MOLSTEER_QUEUE__KEYS_FILE"] = str(tmp_path / "keys.json")
    return campaign


@contextmanager
def simulator(campaign: ExternalCampaign, keys: str = "simulate.json") -> Iterator[WorkerProcess]:
    file = str(campaign.folder / keys)
    with campaign.worker(MOLSTEER_QUEUE__KEYS_FILE=file) as worker:
        yield worker


def name_of(campaign: ExternalCampaign) -> str:
    eventually(lambda: campaign.count("fact WHERE name = 'campaign'"))
    (name,) = campaign.rows("SELECT value ->> '$' FROM fact WHERE name = 'campaign'")
    return name


def send(campaign: ExternalCampaign, data: bytes, task: Task, limit_s: float = 60.0) -> None:
    keys = Keys(campaign.queue.prefix)
    with publishing_app(campaign.queue, keys) as app:
        app.send_task(
            task_name("simulate"),
            args=(data.decode(),),
            task_id=message_id(task.campaign, task.task_id),
            queue=keys.queue("simulate"),
            time_limit=limit_s,
        )


def forged_tasks(task: Task) -> list[bytes]:
    other = task.model_copy(update={"body": task.body.model_copy(update={"smiles": "C"})})
    return [
        encode(task),
        encode(task, new_key_ring(TOPICS)),
        RING.only("infer").sign("task", "infer", encode(task)),
        RING.sign("outcome", "simulate", encode(task)),
        encode(other, RING).replace(b'"C"', f'"{FORGED}"'.encode()),
        b"\x80\x04N.".decode(errors="replace").encode(),
    ]


def test_forged_tasks_never_run(signed: ExternalCampaign) -> None:
    with signed.steered() as steering:
        task = simulate_task(FORGED, campaign=name_of(signed), number=1)
        forged = forged_tasks(task)
        for data in forged:
            send(signed, data, task)
        with simulator(signed):
            signed.await_end(steering)
            eventually(lambda: len(dead_letters(signed.queue)) == len(forged))
        assert FORGED not in executions(signed.folder)
        with signed.client() as client:
            client.delete(Keys(signed.queue.prefix).dead_letters)
        signed.assert_counted_once(most_executions=1)


def test_a_task_of_another_campaign_and_one_of_the_past_change_nothing(
    signed: ExternalCampaign,
) -> None:
    signed.hold(after=2)
    with simulator(signed), signed.steered() as steering:
        signed.await_labels(2)
        (past, _) = signed.rows("SELECT task_id FROM task WHERE state = 'settled' LIMIT 2")
        number = int(past.split("/")[1])
        again = simulate_task(FORGED, campaign=name_of(signed), number=number)
        elsewhere = simulate_task("CC", campaign="elsewhere", number=number)
        for task in (again, elsewhere):
            send(signed, encode(task, RING), task)
        signed.release()
        signed.await_end(steering)
        assert FORGED not in executions(signed.folder)
        with signed.client() as client:
            keys = Keys(signed.queue.prefix)
            eventually(lambda: client.hlen(keys.outcomes("elsewhere")) == 1)
            client.delete(
                *(f(elsewhere.campaign) for f in (keys.outcomes, keys.doorbell, keys.starts))
            )
        signed.assert_counted_once(most_executions=1)


def forged_outcomes(task: Task) -> list[bytes]:
    wrong = outcome_of(task, value_eV=99.0)
    return [
        encode(wrong),
        encode(wrong, new_key_ring(TOPICS)),
        RING.only("infer").sign("outcome", "infer", encode(wrong)),
        RING.sign("task", "simulate", encode(wrong)),
        encode(outcome_of(task), RING).replace(b":10.0,", b":99.0,"),
        encode(renamed(wrong, campaign="elsewhere"), RING),
        encode(renamed(wrong, task_id="simulate/999999/xtb/1"), RING),
    ]


def renamed(outcome: Outcome, **names: str) -> Outcome:
    return outcome.model_copy(update=names)


def test_forged_outcomes_are_never_settled(signed: ExternalCampaign) -> None:
    signed.hold()
    with simulator(signed), signed.steered() as steering:
        eventually(lambda: signed.executions == 1)
        name, keys = name_of(signed), Keys(signed.queue.prefix)
        dispatched = "SELECT task_id FROM task WHERE state = 'dispatched'"
        (task_id, *_) = eventually(lambda: signed.rows(dispatched))
        number = int(task_id.split("/")[1])
        forged = forged_outcomes(simulate_task(campaign=name, number=number))
        with signed.client() as client:
            for count, data in enumerate(forged, start=1):
                client.hset(keys.outcomes(name), task_id, data)
                client.rpush(keys.doorbell(name), task_id)
                eventually(lambda: not client.hexists(keys.outcomes(name), task_id))
                assert client.llen(keys.dead_letters) == count
            client.delete(keys.dead_letters)
        signed.release()
        signed.await_end(steering)
        signed.assert_counted_once(most_executions=1)


def test_an_outcome_that_was_settled_comes_again_and_changes_nothing(
    signed: ExternalCampaign,
) -> None:
    signed.hold(after=1)
    with simulator(signed), signed.steered() as steering:
        signed.await_labels(1)
        name, keys = name_of(signed), Keys(signed.queue.prefix)
        (task_id, *_) = signed.rows("SELECT task_id FROM task WHERE state = 'settled'")
        past = simulate_task(campaign=name, number=int(task_id.split("/")[1]))
        with signed.client() as client:
            client.hset(keys.outcomes(name), task_id, encode(outcome_of(past, 99.0), RING))
            client.rpush(keys.doorbell(name), task_id)
        signed.release()
        signed.await_end(steering)
        signed.assert_counted_once(most_executions=1)


def test_the_header_of_a_message_neither_renames_a_task_nor_shortens_its_time(
    signed: ExternalCampaign,
) -> None:
    signed.one_at_a_time()
    signed.hold()
    keys = Keys(signed.queue.prefix)
    with signed.steered() as steering, signed.client() as client:
        eventually(lambda: client.llen(keys.queue("simulate")) == 1)
        message = client.rpop(keys.queue("simulate"))
        assert isinstance(message, bytes)
        forged = message.replace(b'"headers": {', b'"headers": {"timelimit": [0.5, null], ')
        assert forged != message
        client.lpush(keys.queue("simulate"), forged)
        with simulator(signed):
            eventually(lambda: signed.executions == 1)
            with pytest.raises(AssertionError):
                eventually(lambda: signed.count("task WHERE status = 'timeout'"), 2.0)
            signed.release()
            signed.await_end(steering)
            signed.assert_counted_once(most_executions=1)


@pytest.mark.parametrize(("keys", "says"), [("none", "no keys are here"), ("old", "is not here")])
def test_a_worker_with_other_keys_says_so_and_another_does_its_work(
    signed: ExternalCampaign, keys: str, says: str
) -> None:
    write_keys(signed.folder / "old", new_key_ring(TOPICS).only("simulate"))
    variables = {} if keys == "none" else {"MOLSTEER_QUEUE__KEYS_FILE": str(signed.folder / "old")}
    with signed.steered() as steering:
        with signed.worker(**variables) as worker:
            eventually(lambda: says in worker.log_file.read_text())
            eventually(lambda: dead_letters(signed.queue))
        assert "MOLSTEER_QUEUE__KEYS_FILE" in dead_letters(signed.queue)[0].reason
        assert not signed.executions
        with simulator(signed):
            signed.await_end(steering)
        with signed.client() as client:
            client.delete(Keys(signed.queue.prefix).dead_letters)
        signed.assert_counted_once(most_executions=1)


def test_keys_are_rotated_while_tasks_wait_and_nothing_is_refused(
    signed: ExternalCampaign,
) -> None:
    from molsteer.shared.wire.key_ring import rotate

    with signed.steered():
        eventually(lambda: signed.count("task WHERE state = 'dispatched'"))
    rotated = rotate(RING)
    write_keys(signed.folder / "keys.json", rotated)
    write_keys(signed.folder / "simulate.json", rotated.only("simulate"))
    with simulator(signed):
        signed.steer_to_the_end()
        signed.assert_counted_once(most_executions=1)
