"""Workers that are killed, stopped, cut off or woken at the worst moment."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from kombu.connection import Connection
from support.external_campaign import ExternalCampaign
from support.waiting import eventually
from support.worker_process import WorkerProcess
from support.wrong_clock import WrongClock

from molsteer.shared.bus.names import Keys
from molsteer.shared.settings.server_url import kombu_url


def says(worker: WorkerProcess, text: str) -> bool:
    return text in worker.log_file.read_text()


def test_a_worker_is_stopped_for_longer_than_its_lease(campaign: ExternalCampaign) -> None:
    campaign.one_at_a_time()
    campaign.hold()
    with campaign.worker() as first, campaign.steered() as steering:
        eventually(lambda: campaign.executions == 1)
        os.killpg(first.pid, signal.SIGSTOP)
        with campaign.worker():
            eventually(lambda: campaign.executions == 2)
            os.killpg(first.pid, signal.SIGCONT)
            campaign.release()
            campaign.await_end(steering)
            campaign.assert_counted_once()


def test_the_whole_group_of_a_worker_is_told_to_end(campaign: ExternalCampaign) -> None:
    campaign.hold()
    with campaign.steered() as steering, campaign.worker() as first:
        eventually(lambda: campaign.executions == 1)
        os.killpg(first.pid, signal.SIGTERM)
        assert first.process.wait(240) == 0
        with campaign.worker():
            campaign.release()
            campaign.await_end(steering)
            campaign.assert_counted_once()


@pytest.mark.parametrize("failpoint", ["task-begun", "task-done", "task-reported"])
def test_a_worker_is_killed_between_two_steps(campaign: ExternalCampaign, failpoint: str) -> None:
    campaign.one_at_a_time()
    with campaign.steered() as steering:
        with campaign.worker(MOLSTEER_FAILPOINT=f"{failpoint}:sleep:600") as first:
            eventually(lambda: says(first, f"Failpoint {failpoint}"))
            first.kill()
        with campaign.worker():
            campaign.await_end(steering)
            campaign.assert_counted_once()


def test_a_worker_is_killed_while_short_simulations_share_messages(
    campaign: ExternalCampaign,
) -> None:
    campaign.budget = 48
    campaign.settings["MOLSTEER_POLICY__BUFFER"] = "30"
    campaign.hold(after=30)
    with campaign.steered() as steering:
        with campaign.worker() as first:
            eventually(lambda: campaign.executions > 30)
            first.kill()
        campaign.release()
        with campaign.worker():
            campaign.await_end(steering)
            campaign.assert_counted_once()


def test_every_process_dies_after_it_has_reported(campaign: ExternalCampaign) -> None:
    campaign.budget = 6
    with campaign.worker(MOLSTEER_FAILPOINT="task-reported:kill"):
        campaign.steer_to_the_end()
        campaign.assert_counted_once(most_executions=1)


def test_connections_of_busy_workers_are_killed(campaign: ExternalCampaign) -> None:
    campaign.hold()
    with campaign.worker(), campaign.worker(), campaign.steered() as steering:
        eventually(lambda: campaign.executions == 2)
        with campaign.client() as client:
            for kind in ("normal", "pubsub"):
                client.client_kill_filter(_type=kind, skipme=True)
        campaign.release()
        campaign.await_end(steering)
        campaign.assert_counted_once(most_executions=1)


def test_another_program_gives_messages_back_by_its_own_clock(campaign: ExternalCampaign) -> None:
    campaign.hold()
    with campaign.worker(), campaign.steered() as steering:
        eventually(lambda: campaign.executions == 1)
        with Connection(
            kombu_url(campaign.queue.server_url), transport_options={"visibility_timeout": 0}
        ) as other:
            other.default_channel.qos.restore_visible(interval=1)
        with campaign.client() as client:
            assert client.hlen(Keys(campaign.queue.prefix).unacked("simulate")) == 1
        campaign.release()
        campaign.await_end(steering)
        campaign.assert_counted_once(most_executions=1)


def test_a_message_is_given_back_while_its_task_runs(campaign: ExternalCampaign) -> None:
    campaign.one_at_a_time()
    campaign.hold()
    unacked = Keys(campaign.queue.prefix).unacked("simulate")
    with campaign.worker() as first, campaign.worker() as second, campaign.steered() as steering:
        eventually(lambda: campaign.executions == 1)
        with campaign.client() as client:
            (tag,) = client.hkeys(unacked)

            def is_given_back() -> bool:
                # As by a clock that is hours ahead, and against the worker that renews it.
                client.zadd(f"{unacked}:index", {tag: 0.0}, xx=True)
                return says(first, "left alone") or says(second, "left alone")

            eventually(is_given_back)
        campaign.release()
        campaign.await_end(steering)
        campaign.assert_counted_once(most_executions=1)


@pytest.mark.parametrize("ahead_s", [600.0, -600.0])
def test_the_clock_of_a_worker_jumps_while_it_works(
    campaign: ExternalCampaign, tmp_path: Path, ahead_s: float
) -> None:
    clock = WrongClock(tmp_path / "clock")
    campaign.one_at_a_time()
    campaign.hold()
    with campaign.worker(**clock.variables), campaign.steered() as steering:
        eventually(lambda: campaign.executions == 1)
        clock.set_ahead(ahead_s)
        with campaign.worker():
            lapsed_at = time.monotonic() + 2.0 * campaign.queue.lease_s
            eventually(lambda: time.monotonic() > lapsed_at)
            campaign.release()
            campaign.await_end(steering)
        campaign.assert_counted_once(most_executions=1)


def test_a_worker_whose_clock_is_ahead_is_killed_with_its_task(
    campaign: ExternalCampaign, tmp_path: Path
) -> None:
    clock = WrongClock(tmp_path / "clock")
    clock.set_ahead(600.0)
    campaign.one_at_a_time()
    campaign.hold()
    with campaign.steered() as steering:
        with campaign.worker(**clock.variables) as first:
            eventually(lambda: campaign.executions == 1)
            first.kill()
        with campaign.worker():
            campaign.release()
            campaign.await_end(steering)
            campaign.assert_counted_once()


def test_a_task_holds_the_interpreter_for_longer_than_its_lease(
    campaign: ExternalCampaign,
) -> None:
    campaign.budget = 1
    with campaign.worker(handler="hog"), campaign.worker(handler="hog"):
        campaign.steer_to_the_end()
        campaign.assert_counted_once(most_executions=1)
