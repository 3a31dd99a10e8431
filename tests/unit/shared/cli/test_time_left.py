"""The time left is told as an estimate that one can plan with."""

from __future__ import annotations

import itertools
import random
from heapq import heappop, heappush
from pathlib import Path

import pytest

from molsteer.shared.cli.screen.time_left import SteadyTimeLeft, in_round_numbers
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.figures.pace import RATE_FROM
from molsteer.steering.records.progress import measure

pytestmark = pytest.mark.fast

BUDGET, SLOTS, SESSION = 120, 4, 1000.0


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(tmp_path, create=True)
    with ledger.transaction():
        ledger.set_fact("session", SESSION)
    return ledger


def simulations(seed: int) -> list[tuple[float, float]]:
    """Begin and end of simulations on some slots, which are slower while models are trained."""
    chance = random.Random(seed)
    free_at = [SESSION + 8.0 + slot for slot in range(SLOTS)]
    trained_until, done = 0.0, list[tuple[float, float]]()
    while len(done) < BUDGET:
        began = heappop(free_at)
        took_s = chance.lognormvariate(0.5, 0.6) * (2.0 if began < trained_until else 1.0)
        done.append((began, began + took_s))
        if len(done) % 16 == 0:
            trained_until = began + took_s + 10.0
        heappush(free_at, began + took_s)
    return sorted(done, key=lambda simulation: simulation[1])


def settle(ledger: Ledger, number: int, began: float, ended: float) -> None:
    with ledger.transaction() as connection:
        connection.execute(
            "INSERT INTO task (task_id, topic, command, state, status, created_at, started_at,"
            " settled_at) VALUES (?, 'simulate', '{}', 'settled', 'ok', 0, ?, ?)",
            (f"simulate/{number}/1", began, ended),
        )


def estimate(ledger: Ledger, done: int, now: float) -> float | None:
    # There are no labels here, so what is left stands for the budget.
    return measure(ledger, budget=BUDGET - done, activity="", now=now).left_s


@pytest.mark.parametrize("seed", range(5))
def test_the_foreseen_end_moves_little_from_one_moment_to_the_next(
    ledger: Ledger, seed: int
) -> None:
    todo = simulations(seed)
    end = todo[-1][1]
    steady, now, done, foreseen = SteadyTimeLeft(), SESSION, 0, list[float]()
    while end - now > 20.0:
        while todo[done][1] <= now:
            settle(ledger, done, *todo[done])
            done += 1
        left_s = steady.follow(estimate(ledger, done, now), now)
        if left_s is None:
            assert done < RATE_FROM
        else:
            foreseen.append(now + left_s)
            # Never the four times too little or too much that a few simulations suggest.
            assert (end - now) / 2 < left_s < 2 * (end - now)
        now += 0.5
    moves = [abs(b - a) for a, b in itertools.pairwise(foreseen)]
    assert max(moves) < 0.05 * (end - SESSION)


def bursts(seed: int) -> list[tuple[float, float]]:
    """Begin and end of simulations that settle sixteen at a time, with pauses for the models."""
    chance, at, done = random.Random(seed), SESSION + 10.0, list[tuple[float, float]]()
    while len(done) < BUDGET:
        done += [(at, at + chance.uniform(8.0, 14.0)) for _ in range(16)]
        at += 29.0 if len(done) % 32 == 0 else 14.0
    return sorted(done[:BUDGET], key=lambda simulation: simulation[1])


@pytest.mark.parametrize("seed", range(5))
def test_two_looks_in_a_row_foresee_nearly_the_same_end(ledger: Ledger, seed: int) -> None:
    todo = bursts(seed)
    end, done, foreseen = todo[-1][1], 0, list[float]()
    for now in range(int(SESSION), int(end) - 20, 2):
        while todo[done][1] <= now:
            settle(ledger, done, *todo[done])
            done += 1
        left_s = estimate(ledger, done, now)
        if left_s is not None and done > 16:  # the first burst says nothing of those that follow
            foreseen.append(now + left_s)
            assert (end - now) / 2 < left_s < 2 * (end - now)
    moves = [abs(b - a) for a, b in itertools.pairwise(foreseen)]
    assert max(moves) < 0.08 * (end - SESSION)


def test_a_long_session_is_estimated_by_what_it_did_lately(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        connection.executemany(
            "INSERT INTO task (task_id, topic, command, state, status, created_at, started_at,"
            " settled_at) VALUES (?, 'simulate', '{}', 'settled', 'ok', 0, ?, ?)",
            [
                (f"simulate/{n}/1", at - 1.0, at)
                for n in range(5_000)
                # One a second, after a slow beginning.
                for at in [SESSION + (20.0 * n if n < 1_000 else 20_000.0 + n)]
            ],
        )
    progress = measure(ledger, budget=600, activity="", now=SESSION + 25_000.0)
    assert progress.left_s == pytest.approx(600.0, rel=0.02)
    assert progress.rate_per_min == pytest.approx(60.0, rel=0.02)


def test_a_steady_estimate_follows_when_the_pace_changes() -> None:
    steady = SteadyTimeLeft()
    assert steady.follow(None, 0.0) is None
    assert steady.follow(100.0, 0.0) == 100.0
    assert steady.follow(90.0, 10.0) == 90.0  # as on a clock
    first = steady.follow(300.0, 10.5)
    assert first is not None
    assert 90.0 < first < 100.0
    for second in range(11, 100):
        last = steady.follow(300.0, float(second))
    assert last == pytest.approx(300.0, abs=25.0)
    assert steady.follow(None, 100.0) is None


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.0, "about 10 s"),
        (38.0, "about 40 s"),
        (58.0, "about 1 min"),
        (152.0, "about 3 min"),
        (1500.0, "about 25 min"),
        (3590.0, "about 1 h"),
        (7700.0, "about 2 h 10 min"),
        (50_000.0, "about 14 h"),
    ],
)
def test_an_estimate_is_told_in_round_numbers(seconds: float, told: str) -> None:
    assert in_round_numbers(seconds) == told
