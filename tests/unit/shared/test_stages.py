"""What the time of a task went into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.tasks import outcome_of, simulate_task

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.bus.memory import MemoryBus
from molsteer.shared.telemetry.stages import MOST_STAGES, keeping_stages, stage
from molsteer.shared.wire.codec import decode_outcome, encode
from molsteer.shared.wire.messages import Failed, Outcome, Simulated
from molsteer.shared.worker.execution import Bench, execute
from molsteer.shared.worker.handlers import AnyHandler, LazyHandler
from molsteer.shared.worker.port import TaskContext
from molsteer.simulator.stack import on_large_stack

pytestmark = pytest.mark.fast


@pytest.fixture
def run(tmp_path: Path) -> Callable[[AnyHandler], Outcome]:
    bus = MemoryBus()

    def run_task(handler: AnyHandler) -> Outcome:
        execute(encode(simulate_task()), Bench("host:1", bus, MemoryBlobs(), handler, tmp_path))
        (outcome,) = bus.collect(0.0)
        return decode_outcome(encode(outcome))

    return run_task


Runner = Callable[[AnyHandler], Outcome]


def answer() -> Simulated:
    result = outcome_of(simulate_task()).result
    assert isinstance(result, Simulated)
    return result


def test_an_outcome_tells_the_stages_of_its_work_in_order(run: Runner) -> None:
    def work(body: object, context: TaskContext) -> Simulated:
        with stage("outer"), stage("inner"):
            pass
        with stage("last"):
            return answer()

    outcome = run(work)
    assert [each.name for each in outcome.stages] == ["outer", "inner", "last"]
    outer, inner, last = outcome.stages
    assert outer.after_s <= inner.after_s
    assert inner.after_s + inner.duration_s <= outer.after_s + outer.duration_s <= last.after_s


def test_a_task_that_fails_tells_how_far_it_came(run: Runner) -> None:
    def fail(body: object, context: TaskContext) -> Simulated:
        with stage("embedding"):
            raise ZeroDivisionError

    outcome = run(fail)
    assert isinstance(outcome.result, Failed)
    assert [each.name for each in outcome.stages] == ["embedding"]


def test_a_process_tells_that_its_first_task_waited_for_the_program(run: Runner) -> None:
    handler = LazyHandler("support.handlers:build")
    assert [each.name for each in run(handler).stages] == ["loading the program"]


def test_endless_stages_and_names_fit_into_an_outcome(run: Runner) -> None:
    def work(body: object, context: TaskContext) -> Simulated:
        for number in range(1000):
            with stage(f"{number} {'x' * 1000}"):
                pass
        return answer()

    outcome = run(work)
    assert len(outcome.stages) == MOST_STAGES
    assert outcome.stages[0].name.startswith("0 xxx")


def test_stages_are_kept_in_the_thread_that_has_a_large_stack() -> None:
    def work() -> None:
        with stage("deep down"):
            pass

    with keeping_stages() as stages:
        on_large_stack(work)
    assert [each.name for each in stages.ended] == ["deep down"]


def test_stages_that_nobody_keeps_are_nothing() -> None:
    with stage("unheard"):
        pass
