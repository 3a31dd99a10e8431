"""What a task costs, in what can be counted on any machine: commands, waits for the disk, bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
import redis
from support.redis_server import tcp_server
from support.tasks import simulate_task
from support.tcp_proxy import tcp_proxy
from support.toy_campaign import ToyCampaign, toy_plan, toy_space
from support.waiting import eventually
from support.worker_process import running_worker, start_worker, started

from molsteer.shared.blobs.opening import open_blobs
from molsteer.shared.bus.embedded_server import EmbeddedServer
from molsteer.shared.bus.port import Packet
from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.settings.sections import QueueSettings, StoreSettings
from molsteer.shared.wire.blob import Placement
from molsteer.shared.wire.codec import encode
from molsteer.shared.wire.messages import Task
from molsteer.steering.loop.loop import Campaign

TASKS = 64
FEW = 12
"""So few that none is taken in advance."""


@dataclass(frozen=True)
class Counted:
    """A server of our own, which counts the commands that it is sent."""

    queue: QueueSettings
    client: redis.Redis

    def forget(self) -> None:
        self.client.config_resetstat()

    def calls(self, *leave_out: str) -> dict[str, int]:
        """Tell how often each command was called, by clients and by scripts."""
        told = cast("dict[str, dict[str, int]]", self.client.info("commandstats"))
        named = {name.removeprefix("cmdstat_"): each["calls"] for name, each in told.items()}
        ours = {"info", "config|resetstat", *leave_out}
        return {name: calls for name, calls in named.items() if name not in ours}


@pytest.fixture
def counted() -> Iterator[Counted]:
    with EmbeddedServer() as server, redis.Redis.from_url(server.url) as client:
        yield Counted(QueueSettings(redis_url=server.url, lease_s=60.0), client)


def tasks(count: int) -> list[Task]:
    return [simulate_task(number=number) for number in range(count)]


def test_tasks_of_a_step_are_published_with_one_command_and_in_order(
    counted: Counted,
) -> None:
    dispatch = RedisDispatch(counted.queue, "campaign")
    counted.forget()
    dispatch.publish(*tasks(TASKS))
    dispatch.close()
    assert counted.calls("hello") == {"lpush": 1}
    waiting = cast("list[bytes]", counted.client.lrange("molsteer.simulate", 0, -1))
    for number, message in enumerate(reversed(waiting)):
        assert f"simulate/{number}/xtb/1".encode() in message
    spare = len(waiting[-1]) - len(encode(simulate_task(number=0)))
    assert spare < 700, "what is added to a message grows with no task"


def test_a_worker_does_a_task_with_few_commands(counted: Counted, tmp_path: Path) -> None:
    dispatch = RedisDispatch(counted.queue, "campaign")
    outcomes = "molsteer:outcomes:campaign"
    with running_worker(counted.queue, tmp_path, "--processes", "2"):
        dispatch.publish(*tasks(TASKS))
        counted.forget()
        eventually(lambda: counted.client.hlen(outcomes) == TASKS)
        eventually(lambda: not counted.client.exists("molsteer:unacked:simulate"))
        calls = counted.calls("hlen", "exists", "ping")
    dispatch.close()
    assert sum(calls.values()) / TASKS < 24
    assert calls["evalsha"] / TASKS < 2.5
    assert calls["zrem"] / TASKS < 1.1, "acknowledgements do not go along with what is taken"


def test_a_task_in_a_packet_costs_one_question_and_a_packet_what_a_message_does(
    counted: Counted, tmp_path: Path
) -> None:
    dispatch, size = RedisDispatch(counted.queue, "campaign"), 8
    outcomes = "molsteer:outcomes:campaign"
    several = tasks(TASKS)
    packets = [tuple(several[first : first + size]) for first in range(0, TASKS, size)]
    with running_worker(counted.queue, tmp_path, "--processes", "2"):
        counted.forget()
        dispatch.publish(*packets)
        eventually(lambda: counted.client.hlen(outcomes) == TASKS)
        eventually(lambda: not counted.client.exists("molsteer:unacked:simulate"))
        calls = counted.calls("hlen", "exists", "ping")
    dispatch.close()
    assert calls["lpush"] == 1
    assert calls["evalsha"] <= TASKS + 2 * len(packets)
    assert calls["zadd"] <= 2 * len(packets)
    assert sum(calls.values()) / TASKS < 19


def test_large_data_is_read_in_pieces_and_every_byte_once(counted: Counted) -> None:
    blobs = open_blobs(StoreSettings(), counted.queue)
    data = bytes(5 << 19)
    stored = blobs.put(data, "raw", Placement(store="redis"))
    counted.forget()
    sent_before = cast("dict[str, int]", counted.client.info("stats"))["total_net_output_bytes"]
    assert blobs.raw(stored) == data
    sent = cast("dict[str, int]", counted.client.info("stats"))["total_net_output_bytes"]
    blobs.close()
    assert counted.calls("hello") == {"getrange": 3}
    assert sent - sent_before < len(data) + 50_000


def test_an_acknowledgement_over_a_long_line_holds_no_message_up(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    alone = list[bytes]()

    def note(request: bytes) -> None:
        if b"ZREM" in request and b"ZADD" not in request:
            alone.append(request)

    with tcp_server(tmp_path / "redis") as server, tcp_proxy(server.port) as line:
        line.delay_s, line.on_request = 0.05, note
        far = QueueSettings(redis_url=server.url.replace(str(server.port), str(line.port)))
        with (
            redis.Redis.from_url(server.url) as client,
            running_worker(far, tmp_path),
            closing(RedisDispatch(server.queue, "campaign")) as dispatch,
        ):
            dispatch.publish(*tasks(FEW))
            eventually(lambda: client.hlen("molsteer:outcomes:campaign") == FEW)
            assert len(alone) < FEW / 2, "acknowledgements go alone, before the next message"


def with_sixteen_outcomes(folder: Path) -> Campaign:
    """Make a campaign whose next step takes in so many simulations."""
    space = toy_space(folder)
    plan = toy_plan(space, slots_simulate=8, buffer=8, first_training_after=1000)
    toy = ToyCampaign(folder / "run", space, plan, checkpoint_after=1000)
    toy.folder.mkdir()
    campaign = toy.steering()
    campaign.step(0.0)
    assert toy.work() == 16
    return campaign


def test_a_step_waits_for_the_disk_once_however_many_outcomes_it_takes_in(tmp_path: Path) -> None:
    campaign = with_sixteen_outcomes(tmp_path)
    before = campaign.ledger.lasting_commits
    campaign.step(0.0)
    assert campaign.ledger.lasting_commits == before + 1
    assert campaign.state.successes == 16


def test_workers_have_what_follows_from_the_first_outcomes_before_the_last_are_taken_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = with_sixteen_outcomes(tmp_path)
    campaign.at_once = 4
    settled_when_published = list[int]()
    publish = campaign.bus.publish

    def note_and_publish(*messages: Task | Packet) -> Sequence[int]:
        settled_when_published.append(campaign.state.successes)
        return publish(*messages)

    monkeypatch.setattr(campaign.bus, "publish", note_and_publish)
    campaign.step(0.0)
    assert settled_when_published[0] == 4
    assert campaign.state.successes == 16


def test_a_step_asks_the_ledger_little_for_each_task_and_writes_one_file(tmp_path: Path) -> None:
    campaign = with_sixteen_outcomes(tmp_path)
    statements = list[str]()
    campaign.ledger.connection.set_trace_callback(statements.append)
    campaign.step(0.0)
    # Here two labels and two transfers each, and a look at the unit that nobody had asked for.
    assert len(statements) / 16 < 13
    assert len(list((campaign.ledger.folder / "records").rglob("*.gz"))) == 1


def test_what_was_taken_in_advance_is_given_back_when_a_task_takes_long(
    counted: Counted, tmp_path: Path
) -> None:
    # No task waits for a process that is busy while another one is idle.
    dispatch = RedisDispatch(counted.queue, "campaign")
    first = start_worker(counted.queue, tmp_path)
    try:
        short = tasks(20)
        dispatch.publish(*short)
        eventually(lambda: len(dispatch.collect(0.1)) == len(short))
        dispatch.settle([task.task_id for task in short])
        held, next_one = (
            simulate_task(command, number=number)
            for command, number in ((f"mark {tmp_path}", 100), ("echo", 101))
        )
        dispatch.publish(held, next_one)
        eventually(lambda: started(tmp_path))
        goes_back = "A message goes back to the queue"
        eventually(lambda: goes_back in first.log_file.read_text())
        with running_worker(counted.queue, tmp_path):
            (outcome,) = eventually(lambda: dispatch.collect(0.1))
            assert (outcome.task_id, outcome.start) == (next_one.task_id, 1)
            dispatch.settle([next_one.task_id])
            (tmp_path / "go").touch()
            (outcome,) = eventually(lambda: dispatch.collect(0.1))
            assert (outcome.task_id, outcome.start) == (held.task_id, 1)
            eventually(lambda: not counted.client.exists("molsteer:unacked:simulate"))
    finally:
        first.kill()
        dispatch.close()
