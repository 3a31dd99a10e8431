"""Logs stay small over weeks, and every line of a task names it."""

from __future__ import annotations

import json
import logging
import multiprocessing
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from molsteer.shared.telemetry.logs import about, log_to
from molsteer.shared.telemetry.repeats import OVER_AFTER_S, Counted
from molsteer.shared.telemetry.rotation import KEPT, SmallLog

pytestmark = pytest.mark.fast


class Kept(logging.Handler):
    """Keeps what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, int | None]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.getMessage(), record.__dict__.get("repeated")))


Say = Callable[..., None]


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def counted(kept: Kept) -> Counted:
    return Counted([kept])


@pytest.fixture
def say(counted: Counted) -> Say:
    def logged(at: float, text: str, level: int = logging.WARNING, **facts: str) -> None:
        record = logging.LogRecord("molsteer.test", level, __file__, 1, text, (), None)
        record.created = at
        record.__dict__.update(facts)
        counted.handle(record)

    return logged


def test_an_outage_of_a_week_is_few_lines(say: Say, kept: Kept) -> None:
    for second in range(0, 7 * 24 * 3600, 30):
        say(second, f"Cannot connect. Trying again in {second % 32}.00 seconds... ({second}/100)")
    assert 100 < len(kept.lines) < 200
    said = sum(1 + ((repeated or 1) - 1) for _, repeated in kept.lines)
    assert said >= 7 * 24 * 3600 / 30 - 120  # but for those of the last hour


def test_a_complaint_is_said_at_once_then_counted_and_told_when_it_is_over(
    say: Say, kept: Kept
) -> None:
    for second in range(5):
        say(second, "No sign of life could be shown.")
    assert kept.lines == [("No sign of life could be shown.", None)]
    say(OVER_AFTER_S + 10.0, "Task begins.", logging.INFO)
    assert kept.lines[1:] == [("No sign of life could be shown.", 4), ("Task begins.", None)]
    say(OVER_AFTER_S + 11.0, "No sign of life could be shown.")
    assert kept.lines[-1] == ("No sign of life could be shown.", None)


def test_what_is_left_unsaid_at_the_end_is_told(say: Say, kept: Kept, counted: Counted) -> None:
    say(0.0, "Leases were not renewed.")
    say(1.0, "Leases were not renewed.")
    counted.close()
    assert kept.lines[-1] == ("Leases were not renewed.", 1)


def test_lines_that_differ_in_more_than_numbers_or_tasks_are_all_said(say: Say, kept: Kept) -> None:
    for number in range(50):
        say(0.0, "Task failed: No density.", task_id=f"simulate/{number}/xtb/1")
    say(0.0, "Task failed: Another cause.", task_id="simulate/1/xtb/1")
    for _ in range(10):
        say(0.0, "Task published.", logging.INFO)
    assert len(kept.lines) == 61


def test_a_clock_that_is_set_back_silences_nothing(say: Say, kept: Kept) -> None:
    say(1e9, "The disk is full.")
    say(0.0, "The disk is full.")
    assert len(kept.lines) == 2


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    level, others = root.level, root.handlers[:]
    root.handlers[:] = []
    yield root
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = others
    root.setLevel(level)


@pytest.mark.usefixtures("root")
def test_every_line_of_a_task_names_it_whoever_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "log"
    log_to("worker-simulate", "info", file)
    with about(campaign="qm9-1"), about(task_id="simulate/7/xtb/1"):
        logging.getLogger("some.library").warning("Strange.")
        logging.getLogger("molsteer").info("Mine.", extra={"task_id": "simulate/8/xtb/1"})
    logging.getLogger("molsteer").info("Between tasks.")
    strange, mine, between = [json.loads(line) for line in file.read_text().splitlines()]
    assert (strange["campaign"], strange["task_id"]) == ("qm9-1", "simulate/7/xtb/1")
    assert mine["task_id"] == "simulate/8/xtb/1"
    assert "task_id" not in between


def test_a_log_that_several_processes_write_stays_small_and_loses_no_line(tmp_path: Path) -> None:
    file = tmp_path / "log"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(file, name)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    files = sorted(tmp_path.iterdir())
    assert [each.name for each in files] == ["log", "log.1", "log.2"][: KEPT + 1]
    lines = [line for each in files for line in each.read_text().splitlines()]
    assert all(each.stat().st_size < 60_000 for each in files)
    assert len(set(lines)) == len(lines)
    for name in "abc":  # what is left of each writer ends with its last line, without a gap
        numbers = sorted(int(line.split()[1]) for line in lines if line.startswith(name))
        assert numbers == list(range(numbers[0], 900))


def _write(file: Path, name: str) -> None:
    handler = SmallLog(file, most_bytes=50_000)
    handler.setFormatter(logging.Formatter("%(message)s"))
    for number in range(900):
        text = f"{name} {number} {'x' * 50}"
        handler.handle(logging.LogRecord("m", logging.INFO, __file__, 1, text, (), None))
    handler.close()
