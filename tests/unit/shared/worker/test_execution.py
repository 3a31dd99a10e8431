"""One task from message to outcome."""

from __future__ import annotations

import errno
import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.tasks import outcome_of, simulate_task

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.bus.memory import MemoryBus
from molsteer.shared.errors import ServiceUnavailable, TaskError, UnknownStore
from molsteer.shared.wire.blob import Inline, ObjRef, Operation, Placement, Transfer
from molsteer.shared.wire.codec import encode
from molsteer.shared.wire.messages import Failed, Outcome, Simulate, Simulated, Task
from molsteer.shared.worker import execution
from molsteer.shared.worker.execution import LOST_STARTS, Bench, execute, execute_packet
from molsteer.shared.worker.handlers import AnyHandler, LazyHandler
from molsteer.shared.worker.port import TaskContext

pytestmark = pytest.mark.fast

OBEY = LazyHandler("support.handlers:build")
MISSING = ObjRef(store="redis", key="k", codec="raw", sha256="0" * 64, size_bytes=1)


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
def run(bus: MemoryBus, tmp_path: Path) -> Callable[[Task, AnyHandler], Outcome]:
    def run_task(task: Task, handler: AnyHandler) -> Outcome:
        execute(encode(task), Bench("host:1", bus, MemoryBlobs(), handler, tmp_path))
        (outcome,) = bus.collect(0.0)
        return outcome

    return run_task


Runner = Callable[[Task, AnyHandler], Outcome]


def failure(outcome: Outcome) -> Failed:
    assert isinstance(outcome.result, Failed)
    return outcome.result


def test_a_value_is_reported_with_who_and_when(run: Runner) -> None:
    task = simulate_task("echo")
    outcome = run(task, OBEY)
    assert isinstance(outcome.result, Simulated)
    assert (outcome.worker, outcome.start, outcome.attempt) == ("host:1", 1, 1)
    assert task.issued_at <= outcome.started_at <= outcome.ended_at <= outcome.reported_at


def test_a_failure_keeps_its_code_its_facts_and_whether_to_retry(run: Runner) -> None:
    error = failure(run(simulate_task("unlucky 5"), OBEY)).error
    assert (error.code, error.retryable, error.facts) == ("unlucky", True, {"dice": 5})


def test_a_fact_that_is_no_number_travels_as_null(run: Runner) -> None:
    def fail(body: object, context: TaskContext) -> Simulated:
        error = TaskError("The energy is no number.")
        vars(error)["energy"] = math.nan
        raise error

    record = failure(run(simulate_task(), fail)).error
    assert (record.code, record.facts) == ("task-failed", {"energy": None})


def test_any_other_exception_is_a_defect_with_its_place(run: Runner) -> None:
    error = failure(run(simulate_task("defect here"), OBEY)).error
    assert (error.code, error.retryable) == ("defect", False)
    assert "ZeroDivisionError: here" in error.message
    assert "handlers.py" in str(error.facts["traceback"])


def test_a_failure_over_text_that_is_no_unicode_is_told(run: Runner) -> None:
    name = os.fsdecode(b"caf\xe9.xyz")

    def fail(body: object, context: TaskContext) -> Simulated:
        raise UnknownStore(name, [])

    error = failure(run(simulate_task(), fail)).error
    assert "caf\\udce9.xyz" in error.message
    assert error.facts == {"store": "caf\\udce9.xyz"}


def test_a_value_of_the_wrong_kind_is_a_defect(run: Runner) -> None:
    assert "returned NoneType" in failure(run(simulate_task("nothing"), OBEY)).error.message


def test_a_handler_that_cannot_be_built_is_a_defect(run: Runner) -> None:
    handler = LazyHandler("support.handlers:build_nothing")
    assert "There is no engine here." in failure(run(simulate_task(), handler)).error.message


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (ServiceUnavailable("Redis", "host", "it is away", "Wait."), "service-unavailable", True),
        (MemoryError("all of it"), "defect", True),
        (OSError(errno.ENOSPC, "No space left on device"), "defect", True),
        (ValueError("This is no number."), "defect", False),
    ],
)
def test_errors_of_the_surroundings_have_codes(
    run: Runner, error: Exception, code: str, retryable: bool
) -> None:
    def fail(body: object, context: TaskContext) -> Simulated:
        raise error

    record = failure(run(simulate_task(), fail)).error
    assert (record.code, record.retryable) == (code, retryable)


def test_a_missing_input_can_be_put_again_and_retried(run: Runner) -> None:
    def read(body: object, context: TaskContext) -> Simulated:
        context.blobs.raw(MISSING)
        raise AssertionError

    record = failure(run(simulate_task(), read)).error
    assert (record.code, record.retryable) == ("blob-missing", True)
    assert record.facts == {"store": "redis", "key": "k"}


def test_a_task_that_killed_its_process_too_often_is_poison_and_is_not_run(
    bus: MemoryBus, run: Runner
) -> None:
    task = simulate_task("defect", max_starts=2)
    for _ in range(2):
        bus.begin(task)
        bus.lose_process(task.task_id)
    outcome = run(task, OBEY)
    assert (failure(outcome).status, outcome.start) == ("poison", 3)
    assert "it took its process down 2 times" in failure(outcome).error.message


def test_a_task_whose_worker_was_lost_is_no_poison(bus: MemoryBus, run: Runner) -> None:
    task = simulate_task("echo", max_starts=2)
    for _ in range(6):
        bus.begin(task)
        bus.expire_leases()
    outcome = run(task, OBEY)
    assert isinstance(outcome.result, Simulated)
    assert outcome.start == 7


def test_a_task_does_not_take_whole_workers_down_for_ever(bus: MemoryBus, run: Runner) -> None:
    task = simulate_task("echo", max_starts=2)
    for _ in range(2 * LOST_STARTS):
        bus.begin(task)
        bus.expire_leases()
    result = failure(run(task, OBEY))
    assert result.status == "poison"
    assert "its whole worker was lost" in result.error.message


def test_the_times_of_a_task_are_in_order_even_if_the_clock_is_set_back(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_time = time.time

    def set_back(_body: object, _context: TaskContext) -> Simulated:
        monkeypatch.setattr("time.time", lambda: true_time() - 600.0)
        raise OSError("The disk is full.")

    outcome = run(simulate_task(), set_back)
    assert outcome.started_at <= outcome.ended_at <= outcome.reported_at


def test_storing_the_result_is_no_work_but_part_of_reporting_it(
    bus: MemoryBus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_time = time.time

    def take_long(_body: object, _context: TaskContext) -> Simulated:
        monkeypatch.setattr("time.time", lambda: true_time() + 600.0)
        raise OSError("The disk is full.")

    blobs = MemoryBlobs()
    durations_s: dict[Operation, float] = {"get": 100.0, "put": 250.0}
    moved = [
        Transfer(store="redis", operation=operation, count=1, size_bytes=9, duration_s=duration_s)
        for operation, duration_s in durations_s.items()
    ]
    monkeypatch.setattr(blobs, "take_transfers", lambda: tuple(moved))
    execute(encode(simulate_task()), Bench("host:1", bus, blobs, take_long, tmp_path))
    (outcome,) = bus.collect(0.0)
    assert outcome.reported_at - outcome.ended_at == pytest.approx(250.0)
    assert outcome.ended_at - outcome.started_at == pytest.approx(350.0, abs=5.0)


def test_a_task_that_is_held_elsewhere_is_left_alone(bus: MemoryBus, tmp_path: Path) -> None:
    task = simulate_task("defect")
    bus.begin(task)
    execute(encode(task), Bench("host:1", bus, MemoryBlobs(), OBEY, tmp_path))
    assert list(bus.collect(0.0)) == []


def test_a_task_that_ended_is_left_alone(bus: MemoryBus, run: Runner) -> None:
    task = simulate_task("defect")
    bus.finish(outcome_of(task))
    assert run(task, OBEY) == outcome_of(task)


def test_a_cancelled_task_ends_as_cancelled_without_running(bus: MemoryBus, run: Runner) -> None:
    task = simulate_task("defect")
    bus.cancel([task.task_id])
    outcome = run(task, OBEY)
    assert (failure(outcome).status, outcome.start) == ("cancelled", 0)


def test_a_message_that_is_no_task_is_put_aside(bus: MemoryBus, tmp_path: Path) -> None:
    execute(b"\x80\x04N.", Bench("host:1", bus, MemoryBlobs(), OBEY, tmp_path))
    ((data, reason),) = bus.dead_letters
    assert data == b"\x80\x04N."
    assert "no Task" in reason


def test_scratch_is_there_for_the_task_and_gone_afterwards(run: Runner, tmp_path: Path) -> None:
    seen: list[TaskContext] = []

    def scribble(body: object, context: TaskContext) -> Simulated:
        (context.scratch / "notes").write_text("much")
        seen.append(context)
        raise OSError("The disk is full.")

    failure(run(simulate_task(max_s=12.0), scribble))
    (context,) = seen
    assert context.remaining_s == 12.0
    assert context.scratch.is_relative_to(tmp_path)
    assert not context.scratch.exists()


def test_large_results_go_where_the_task_says(bus: MemoryBus, run: Runner) -> None:
    outcome = run(simulate_task(), OBEY)
    assert isinstance(outcome.result, Simulated)
    assert isinstance(outcome.result.records, Inline)


def test_an_outcome_tells_what_its_task_moved_and_no_other(run: Runner) -> None:
    placement = Placement(store="redis", threshold_bytes=0)
    for _ in range(2):
        outcome = run(simulate_task().model_copy(update={"reply": placement}), OBEY)
        (moved,) = outcome.transfers
        assert (moved.store, moved.operation, moved.count) == ("redis", "put", 1)


def test_a_packet_that_takes_too_long_does_one_task_each_time_it_comes(
    bus: MemoryBus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "PACKET_MOST_S", 0.0)
    packet = [encode(simulate_task(number=number)) for number in range(3)]
    bench = Bench("host:1", bus, MemoryBlobs(), OBEY, tmp_path)
    for done in (1, 2, 3):
        assert execute_packet(packet, bench) is (done == 3)
        assert len(bus.collect(0.0)) == done


def test_tasks_of_a_packet_find_their_folder_empty(bus: MemoryBus, tmp_path: Path) -> None:
    found = []

    def write(body: Simulate, context: TaskContext) -> Simulated:
        found.append(list(context.scratch.iterdir()))
        (context.scratch / "notes").write_text("much")
        return OBEY(body, context)  # type: ignore[return-value]

    packet = [encode(simulate_task(number=number)) for number in range(3)]
    assert execute_packet(packet, Bench("host:1", bus, MemoryBlobs(), write, tmp_path))
    assert found == [[], [], []]
    assert not [path for path in tmp_path.rglob("*") if path.name == "notes"]
    assert not list(tmp_path.glob("*/*"))
