"""Checks of the Redis server that carries the queues."""

from __future__ import annotations

import time
from collections.abc import Iterator

from molsteer.shared.bus.connection import check_answer, connect, reaching
from molsteer.shared.bus.embedded_server import EmbeddedServer, find_server
from molsteer.shared.bus.fitness import Facts, evicts, too_old, wrong_kind
from molsteer.shared.doctor.check import Finding
from molsteer.shared.doctor.machine import size
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.settings.server_url import address

FULL = 0.8
CLOCKS_APART_S = 1.0


def look_at_embedded_server() -> Iterator[Finding]:
    """Start a server as `molsteer run` does."""
    binary = find_server()
    started_at = time.perf_counter()
    with EmbeddedServer() as server, reaching(server.url), connect(server.url) as client:
        facts: Facts = client.info()
        passed_s = time.perf_counter() - started_at
        yield Finding("ok", f"{binary} starts in {1000 * passed_s:.0f} ms.")
        yield judge_version(facts)


def look_at_server(queue: QueueSettings) -> Iterator[Finding]:
    """Check the server that the settings name."""
    url = queue.server_url
    check_answer(url)
    with reaching(url), connect(url) as client:
        facts: Facts = client.info()
        if unfit := wrong_kind(facts):  # which may not even know the time
            yield Finding("problem", f"{address(url)} {unfit.reason}.", unfit.cure)
            return
        asked_at, started_at = time.time(), time.perf_counter()
        seconds, microseconds = client.time()
        passed_s = time.perf_counter() - started_at
    yield Finding("ok", f"{address(url)} answers in {1000 * passed_s:.1f} ms.")
    yield judge_version(facts)
    yield judge_persistence(facts)
    yield judge_eviction(facts)
    yield judge_memory(facts)
    ahead_s = clock_ahead_s(seconds + microseconds / 1e6, asked_at, passed_s)
    yield judge_clock(ahead_s, queue.lease_s)


def judge_version(facts: Facts) -> Finding:
    """Tell what the server is, and whether it is new enough."""
    compatible = str(facts["redis_version"])
    if "valkey_version" in facts:
        name = f"Valkey {facts['valkey_version']}, compatible with Redis {compatible}."
    else:
        name = f"Redis {compatible}."
    unfit = too_old(facts)
    return Finding("problem", name, unfit.cure) if unfit else Finding("ok", name)


def judge_persistence(facts: Facts) -> Finding:
    """Tell whether the server remembers after its end."""
    if facts["aof_enabled"]:
        return Finding("ok", "Its data is on disk (append-only file).")
    return Finding(
        "warning",
        "It keeps its data in memory: after its end, waiting tasks are published again and stored "
        "blobs are missing.",
        "Set appendonly yes.",
    )


def judge_eviction(facts: Facts) -> Finding:
    """Tell whether the server keeps what it was given."""
    unfit = evicts(facts)
    if unfit is None:
        return Finding("ok", "It never throws data away (noeviction).")
    return Finding("problem", f"It {unfit.reason}.", unfit.cure)


def judge_memory(facts: Facts) -> Finding:
    """Tell how full the server is."""
    used, limit = int(str(facts["used_memory"])), int(str(facts["maxmemory"]))
    if not limit:
        return Finding("ok", f"It uses {size(used)}, without a limit.")
    sentence = f"It uses {size(used)} of {size(limit)}."
    if used < FULL * limit:
        return Finding("ok", sentence)
    return Finding("warning", sentence, "Raise maxmemory, or choose the file store for large data.")


def clock_ahead_s(server_at: float, asked_at: float, passed_s: float) -> float:
    """Tell how far a server's clock is ahead at least: it answered at any moment that passed."""
    if server_at < asked_at:
        return server_at - asked_at
    return max(0.0, server_at - asked_at - passed_s)


def judge_clock(ahead_s: float, lease_s: float) -> Finding:
    """Judge clocks: kombu gives tasks back by the clock of whoever looks."""
    if abs(ahead_s) < CLOCKS_APART_S:
        return Finding("ok", "Its clock agrees with this machine's.")
    way = "ahead of" if ahead_s > 0 else "behind"
    sentence = f"Its clock is {abs(ahead_s):.1f} s {way} this machine's."
    cure = "Let both machines keep time with NTP."
    return Finding("warning" if abs(ahead_s) < lease_s / 4 else "problem", sentence, cure)
