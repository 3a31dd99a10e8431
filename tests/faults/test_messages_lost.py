"""Messages, networks and data that vanish or are spoiled."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.command import molsteer
from support.external_campaign import ExternalCampaign
from support.other_version import PROTOCOL, VERSION, other_version
from support.redis_server import TcpServer
from support.tasks import outcome_of, simulate_task
from support.tcp_proxy import TcpProxy, tcp_proxy
from support.waiting import eventually
from support.worker_process import queue_variables

from molsteer.shared.bus.dead_letters import dead_letters
from molsteer.shared.bus.names import Keys
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.codec import encode
from molsteer.shared.wire.messages import PROTOCOL as OURS
from molsteer.shared.wire.messages import Outcome

LOST = "Lost on the way, published again"


def test_messages_are_lost_between_the_queue_and_the_worker(campaign: ExternalCampaign) -> None:
    queue = Keys(campaign.queue.prefix).queue("simulate")
    with campaign.steered() as steering:
        with campaign.client() as client:
            # As a worker does that dies before it notes what it has taken.
            for _ in range(3):
                eventually(lambda: client.rpop(queue))
        with campaign.worker():
            campaign.await_end(steering)
            assert LOST in campaign.log
            campaign.assert_counted_once(most_executions=1)


def test_the_network_swallows_a_message_and_looks_alive(
    campaign: ExternalCampaign, server: TcpServer
) -> None:
    with tcp_proxy(server.port) as proxy, campaign.worker(queue=through(proxy, campaign)):
        proxy.black_hole_from = b"molsteer.simulate"
        with campaign.steered() as steering:
            eventually(lambda: proxy.is_black_hole)
            with campaign.worker():
                campaign.await_end(steering)
                assert LOST in campaign.log
        campaign.assert_counted_once(most_executions=1)


def test_the_network_is_slow_and_breaks(campaign: ExternalCampaign, server: TcpServer) -> None:
    campaign.budget = 10
    with tcp_proxy(server.port) as proxy, campaign.worker(queue=through(proxy, campaign)):
        proxy.delay_s = 0.01
        campaign.hold(after=2)
        with campaign.steered() as steering:
            campaign.await_labels(2)
            proxy.reset()
            campaign.hold(after=6)
            campaign.await_labels(6)
            proxy.reset()
            campaign.release()
            campaign.await_end(steering)
        campaign.assert_counted_once()


@pytest.mark.parametrize("command", [b"BRPOP", b"ZADD", b"ZREM", b"EVALSHA"])
def test_the_network_breaks_at_a_certain_command(
    campaign: ExternalCampaign, server: TcpServer, command: bytes
) -> None:
    with tcp_proxy(server.port) as proxy, campaign.worker(queue=through(proxy, campaign)):
        campaign.hold(after=2)
        with campaign.steered() as steering:
            campaign.await_labels(2)
            proxy.reset_at = command
            campaign.release()
            campaign.await_end(steering)
            assert proxy.reset_at is None
        campaign.assert_counted_once()


def test_what_kombu_keeps_in_redis_is_deleted(campaign: ExternalCampaign) -> None:
    campaign.hold()
    with campaign.worker(), campaign.steered() as steering:
        eventually(lambda: campaign.executions == 1)
        prefix = campaign.queue.prefix
        with campaign.client() as client:
            assert not client.keys("_kombu*")
            client.delete(*client.keys(f"{prefix}:unacked*"), f"{prefix}.simulate")
        campaign.release()
        campaign.await_end(steering)
        campaign.assert_counted_once(most_executions=1)


def test_doorbells_and_outcomes_are_forged_doubled_and_garbled(campaign: ExternalCampaign) -> None:
    campaign.hold()
    with campaign.worker(), campaign.steered() as steering:
        eventually(lambda: campaign.executions == 1)
        (name,) = campaign.rows("SELECT value ->> '$' FROM fact WHERE name = 'campaign'")
        keys = Keys(campaign.queue.prefix)
        stranger = simulate_task(campaign=name, number=999_999)
        with campaign.client() as client:
            client.rpush(keys.doorbell(name), *(b"\x80\x04N." for _ in range(100)))
            client.hset(
                keys.outcomes(name),
                mapping={
                    "simulate/1/xtb/1": b"\x80\x04N.",
                    "simulate/2/xtb/1": encode(outcome_of(stranger)),
                    stranger.task_id: encode(outcome_of(stranger)),
                },
            )
            eventually(lambda: not client.hlen(keys.outcomes(name)))
            assert client.llen(keys.dead_letters) == 2
            client.delete(keys.dead_letters)
        campaign.release()
        campaign.await_end(steering)
        campaign.assert_counted_once(most_executions=1)


def test_absurd_outcomes_are_put_aside_or_cost_an_attempt_and_end_no_campaign(
    campaign: ExternalCampaign,
) -> None:
    campaign.hold()
    with campaign.worker(), campaign.steered() as steering:
        eventually(lambda: campaign.executions == 1)
        (name,) = campaign.rows("SELECT value ->> '$' FROM fact WHERE name = 'campaign'")
        eventually(lambda: campaign.count("task WHERE starts = 0") == 4)
        ids = campaign.rows("SELECT task_id FROM task WHERE starts = 0")
        huge, large, foreign, nowhere = (json.loads(encode(outcome_named(name, i))) for i in ids)
        huge["start"] = 2**63
        large["result"]["records"] = REFERENCE | {"namespace": name, "size_bytes": 2**70}
        nowhere["result"]["records"] = REFERENCE | {"namespace": name, "store": "globus"}
        outcomes = dict(zip(ids, map(json.dumps, (huge, large, foreign, nowhere)), strict=True))
        with campaign.client() as client:
            client.hset(Keys(campaign.queue.prefix).outcomes(name), mapping=outcomes)
            client.rpush(Keys(campaign.queue.prefix).doorbell(name), *ids)
            unusable = "task WHERE error ->> 'code' = 'unusable-output'"
            eventually(lambda: campaign.count(unusable) == 2)
            reasons = [letter.reason for letter in dead_letters(campaign.queue)]
            assert sorted(reason.partition(": ")[2].split(":")[0] for reason in reasons) == [
                "result.simulated.records.ref.size_bytes",
                "start",
            ]
            client.delete(Keys(campaign.queue.prefix).dead_letters)
        campaign.release()
        campaign.await_end(steering)
        campaign.assert_counted_once(failures=2)


REFERENCE = {
    "kind": "ref",
    "store": "redis",
    "key": "k",
    "codec": "msgpack",
    "sha256": "ab" * 32,
    "size_bytes": 100,
}


def outcome_named(campaign: str, task_id: str) -> Outcome:
    """Make an outcome of any task, for a molecule that is not its own."""
    return outcome_of(simulate_task(campaign=campaign)).model_copy(update={"task_id": task_id})


@pytest.mark.parametrize("damage", ["removed", "spoiled"])
def test_data_of_a_waiting_task_is_lost(campaign: ExternalCampaign, damage: str) -> None:
    # A task that seems lost, as while its process loads on a busy machine, gets its data anew, and
    # the damage would be mended before anybody meets it.
    campaign.queue = campaign.queue.model_copy(update={"lease_s": 120.0})
    campaign.with_updates()
    with ExitStack() as stack:
        stack.enter_context(campaign.worker())
        steering = stack.enter_context(campaign.steered())
        eventually(lambda: campaign.count("task WHERE topic = 'train' AND state = 'dispatched'"))
        with campaign.client() as client:
            (training_set,) = campaign.rows("SELECT key FROM object WHERE owner = 'update/1'")
            if damage == "removed":
                assert client.delete(training_set)
            else:
                client.setrange(training_set, 100, b"spoiled")
        stack.enter_context(campaign.worker(topic="train"))
        stack.enter_context(campaign.worker(topic="infer"))
        campaign.await_end(steering)
        assert campaign.count("task WHERE task_id = 'train/1/0/1' AND status = 'error'") == 1
        assert campaign.count("task WHERE task_id = 'train/1/0/2' AND status = 'ok'") == 1
        campaign.assert_counted_once(most_executions=1, failures=1)


def test_a_worker_of_another_version_understands_nothing_and_another_does_its_work(
    campaign: ExternalCampaign, tmp_path: Path
) -> None:
    newer = other_version(tmp_path / "newer")
    campaign.hold()
    with campaign.worker(**newer), campaign.steered() as steering:
        letter = eventually(lambda: dead_letters(campaign.queue))[0]
        assert f"speaks protocol {OURS}, this process speaks {PROTOCOL}" in letter.reason
        external = {"MOLSTEER_WORKERS__SERVER": "external"} | queue_variables(campaign.queue)
        doctor = molsteer("doctor", "--only", "workers", **external)
        assert f"runs molsteer {VERSION}, this machine" in doctor.stdout
        with campaign.worker():
            eventually(lambda: campaign.executions)
            campaign.release()
            campaign.await_end(steering)
        assert not campaign.count("task WHERE starts > 1")
        with campaign.client() as client:
            client.delete(Keys(campaign.queue.prefix).dead_letters)
        campaign.assert_counted_once(most_executions=1)


def through(proxy: TcpProxy, campaign: ExternalCampaign) -> QueueSettings:
    """Give the queues as they are reached through a proxy."""
    direct = campaign.queue.redis_url
    port = str(urlsplit(direct).port)
    return campaign.queue.model_copy(update={"redis_url": direct.replace(port, str(proxy.port))})
