"""What a Redis server says about itself, judged."""

from __future__ import annotations

import pytest

from molsteer.shared.bus.fitness import Facts, evicts, wrong_kind
from molsteer.shared.doctor import queues
from molsteer.shared.doctor.check import Finding

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("facts", "result"),
    [
        ({"redis_version": "7.2.4", "valkey_version": "9.1.0"}, "ok"),
        ({"redis_version": "6.2.0"}, "ok"),
        ({"redis_version": "6.0.16"}, "problem"),
        ({"redis_version": "10.0.0"}, "ok"),
    ],
)
def test_versions_are_compared_as_numbers(facts: Facts, result: str) -> None:
    assert queues.judge_version(facts).result == result


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"redis_mode": "standalone", "role": "master", "cluster_enabled": 0}, None),
        ({"redis_mode": "cluster", "role": "master"}, "runs in cluster mode"),
        ({"cluster_enabled": 1}, "runs in cluster mode"),
        ({"redis_mode": "sentinel"}, "is a sentinel"),
        (
            {"redis_mode": "standalone", "role": "slave", "master_host": "a", "master_port": 1},
            "is a replica, whose data is that of a:1",
        ),
    ],
)
def test_servers_that_do_not_hold_everything_themselves_are_told(
    facts: Facts, reason: str | None
) -> None:
    unfit = wrong_kind(facts)
    assert (unfit.reason if unfit else "").startswith(reason or "")
    assert bool(unfit) == bool(reason)


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_server_that_forgets_is_told(policy: str) -> None:
    assert evicts({"maxmemory_policy": "noeviction"}) is None
    assert evicts({"maxmemory_policy": policy}) is not None


@pytest.mark.parametrize(
    ("used", "limit", "result"),
    [(10**9, 0, "ok"), (10**6, 10**9, "ok"), (9 * 10**8, 10**9, "warning")],
)
def test_memory_that_is_nearly_full_is_a_warning(used: int, limit: int, result: str) -> None:
    assert queues.judge_memory({"used_memory": used, "maxmemory": limit}).result == result


@pytest.mark.parametrize(
    ("ahead_s", "result"), [(0.4, "ok"), (-2.0, "warning"), (29.0, "warning"), (-31.0, "problem")]
)
def test_clocks_may_differ_less_than_a_lease_lasts(ahead_s: float, result: str) -> None:
    assert queues.judge_clock(ahead_s, lease_s=120.0).result == result


def test_a_clock_that_is_behind_says_so() -> None:
    assert queues.judge_clock(-2.0, 120.0) == Finding(
        "warning",
        "Its clock is 2.0 s behind this machine's.",
        "Let both machines keep time with NTP.",
    )


@pytest.mark.parametrize(("server_at", "ahead_s"), [(98.0, -2.0), (104.5, 0.0), (107.0, 2.0)])
def test_an_answer_that_took_long_makes_no_clock_wrong(server_at: float, ahead_s: float) -> None:
    assert queues.clock_ahead_s(server_at, asked_at=100.0, passed_s=5.0) == ahead_s
