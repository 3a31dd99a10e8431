"""A Redis server that is away, forgets, breaks or is full."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from support.external_campaign import ExternalCampaign
from support.redis_server import TcpServer
from support.tasks import simulate_task
from support.waiting import eventually
from support.worker_process import await_end, running_worker, started

from molsteer.shared.bus.redis import RedisDispatch


def test_redis_is_down_for_longer_than_the_lease(
    campaign: ExternalCampaign, server: TcpServer
) -> None:
    campaign.hold()
    with campaign.worker(), campaign.steered() as steering:
        eventually(lambda: campaign.executions == 1)
        server.kill()
        campaign.release()
        back = threading.Timer(2.0 * campaign.queue.lease_s, server.start)
        back.start()
        campaign.await_end(steering)
        back.join()
        assert campaign.log.count("Trying again until it answers.") <= 3
        campaign.assert_counted_once()


def test_redis_comes_back_empty(campaign: ExternalCampaign, server: TcpServer) -> None:
    campaign.hold()
    with campaign.worker(), campaign.steered() as steering:
        eventually(lambda: campaign.executions == 1)
        server.kill()
        server.forget()
        server.start()
        campaign.release()
        campaign.await_end(steering)
        campaign.assert_counted_once()


def test_redis_comes_back_empty_and_predictions_made_in_advance_are_lost(
    campaign: ExternalCampaign, server: TcpServer
) -> None:
    campaign.with_early_predictions()
    campaign.hold_training()
    with campaign.worker_of_each_topic(), campaign.steered() as steering:
        eventually(lambda: campaign.count("predicted_chunk") >= 2)
        server.kill()
        server.forget()
        server.start()
        campaign.release_training()
        campaign.await_end(steering)
        # Whoever had not yet read the weights that were lost as well said so, and was asked again.
        without_data = campaign.count("task WHERE error ->> 'code' = 'blob-missing'")
        campaign.assert_counted_once(failures=without_data)


def test_redis_comes_back_without_its_last_writes(
    campaign: ExternalCampaign, server: TcpServer
) -> None:
    campaign.hold()
    with campaign.worker(), campaign.steered() as steering:
        eventually(lambda: campaign.executions == 1)
        server.kill()
        whole = server.append_only_file.read_bytes()
        server.append_only_file.write_bytes(whole[:-7])
        server.start()
        campaign.release()
        campaign.await_end(steering)
        campaign.assert_counted_once()


def test_redis_refuses_its_damaged_file_and_is_started_empty(
    campaign: ExternalCampaign, server: TcpServer
) -> None:
    campaign.hold()
    with campaign.worker(), campaign.steered() as steering:
        eventually(lambda: campaign.executions == 1)
        server.kill()
        whole = server.append_only_file.read_bytes()
        middle = len(whole) // 2
        server.append_only_file.write_bytes(whole[:middle] + b"damaged" + whole[middle:])
        assert server.refuses_to_start()
        assert steering.poll() is None
        server.forget()
        server.start()
        campaign.release()
        campaign.await_end(steering)
        campaign.assert_counted_once()


def test_the_memory_of_redis_is_full(campaign: ExternalCampaign) -> None:
    campaign.hold()
    with campaign.worker(), campaign.steered() as steering, campaign.client() as client:
        eventually(lambda: campaign.executions == 1)
        client.config_set("maxmemory", 1)
        campaign.release()
        eventually(lambda: "its memory is full" in campaign.log)
        client.config_set("maxmemory", 0)
        campaign.await_end(steering)
        campaign.assert_counted_once()


def test_the_memory_of_redis_is_full_and_outcomes_still_get_through(
    campaign: ExternalCampaign,
) -> None:
    campaign.settings["MOLSTEER_STORES__SIMULATE"] = "none"
    campaign.hold()
    with campaign.worker(), campaign.steered() as steering, campaign.client() as client:
        eventually(lambda: campaign.executions == 1)
        client.config_set("maxmemory", 1)
        campaign.release()
        campaign.await_labels(1)
        client.config_set("maxmemory", 0)
        campaign.await_end(steering)
        campaign.assert_counted_once()


@pytest.mark.parametrize("leave", [TcpServer.kill, TcpServer.fall_silent])
def test_a_busy_worker_is_told_to_end_while_redis_is_gone(
    server: TcpServer, tmp_path: Path, leave: Callable[[TcpServer], None]
) -> None:
    with running_worker(server.queue, tmp_path) as worker:
        with closing(RedisDispatch(server.queue, "campaign")) as dispatch:
            dispatch.publish(simulate_task(f"mark {tmp_path}"))
            (pids,) = eventually(lambda: started(tmp_path))
        leave(server)
        worker.process.terminate()
        worker.process.wait(240)
        await_end(pids)
        eventually(lambda: not list(worker.temporary.iterdir()))
