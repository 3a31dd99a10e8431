"""One process steers a campaign, wherever its run directory was copied to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.redis_server import tcp_server
from support.waiting import eventually

from molsteer.shared.bus import steering_lease
from molsteer.shared.bus.connection import connect
from molsteer.shared.bus.names import Keys
from molsteer.shared.bus.steering_lease import SteeringLease
from molsteer.shared.settings.sections import QueueSettings
from molsteer.steering.errors import SteeredElsewhere
from molsteer.steering.loop.helm import alone
from molsteer.steering.run_directory import held


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[QueueSettings]:
    with tcp_server(tmp_path) as server:
        yield QueueSettings(redis_url=server.url)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with held(tmp_path / "run"):
        yield tmp_path / "run"


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    with held(tmp_path / "copy"):
        yield tmp_path / "copy"


def test_whoever_steered_from_the_same_folder_is_followed_at_once(
    queue: QueueSettings, folder: Path
) -> None:
    with ExitStack() as killed:
        killed.enter_context(alone(queue, "mine", folder))
        with alone(queue, "mine", folder) as keep:
            keep()


def test_a_copy_is_refused_while_the_other_one_is_at_work(
    queue: QueueSettings, folder: Path, copy: Path
) -> None:
    over = threading.Event()
    with alone(queue, "mine", folder) as keep:

        def work() -> None:
            while not over.wait(0.2):
                keep()

        steering = threading.Thread(target=work)
        steering.start()
        try:
            told = f"in {folder}: {copy} and the folder there"
            with pytest.raises(SteeredElsewhere, match=told), alone(queue, "mine", copy):
                pass
        finally:
            over.set()
            steering.join()
        keep()


def test_a_copy_goes_on_when_the_other_one_has_been_silent_for_long_which_then_ends(
    queue: QueueSettings, folder: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steering_lease, "STEERING_LEASE_S", 0.5)
    with alone(queue, "mine", folder) as stopped, alone(queue, "mine", copy) as keep:
        monkeypatch.undo()
        keep()
        with pytest.raises(SteeredElsewhere, match=f"in {copy}"):
            stopped()
        keep()


def test_two_campaigns_share_a_server(queue: QueueSettings, folder: Path, copy: Path) -> None:
    with alone(queue, "mine", folder), alone(queue, "yours", copy) as keep:
        keep()


def test_the_lease_lasts_while_the_memory_of_redis_is_full_and_leaves_nothing(
    queue: QueueSettings, folder: Path
) -> None:
    with connect(queue.server_url) as client:
        with alone(queue, "mine", folder) as keep:
            client.config_set("maxmemory", 1)
            keep()
            client.config_set("maxmemory", 0)
        assert not client.keys()


def test_what_stands_for_steering_and_is_nothing_of_ours_is_waited_for(
    queue: QueueSettings,
) -> None:
    lease = SteeringLease(queue, "mine", "here", "process 1")
    with connect(queue.server_url) as client:
        client.set(Keys(queue.prefix).steering("yours"), b"\xff")
        for_ever = SteeringLease(queue, "yours", "here", "process 1")
        assert for_ever.hold() is None, "what never expires is no lease"
        for_ever.close()
        client.set(Keys(queue.prefix).steering("mine"), b"\xff", px=600_000)
        other = lease.hold()
        assert other is not None
        assert other[0].name == "an unknown process"
        client.pexpire(Keys(queue.prefix).steering("mine"), 1)
    eventually(lambda: lease.hold() is None)
    lease.close()
