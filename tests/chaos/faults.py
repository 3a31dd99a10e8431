"""How each kind of fault is done to a site, and undone."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import redis
from chaos.schedule import Kind, Strike
from chaos.site import Post, Site

from molsteer.shared.bus.connection import connect

_ChoiceT = TypeVar("_ChoiceT")

CLOCK_JUMP_S = 600.0
MOST_TRUNCATED_BYTES = 4000


@dataclass(frozen=True, slots=True)
class Injury:
    """A fault that was done.

    Attributes:
        words: What happened, for people.
        undo: Ends it.
    """

    words: str
    undo: Callable[[], None] = lambda: None


Fault = Callable[[Site, Strike], Injury | None]
"""Does a fault; None if that is not possible now, because its victim is gone already."""


def _worker_group_killed(site: Site, strike: Strike) -> Injury | None:
    post = _worker(site, strike)
    return post and _signalled(post, [p.pid for p in post.processes_there()], signal.SIGKILL)


def _worker_main_killed(site: Site, strike: Strike) -> Injury | None:
    post = _worker(site, strike)
    return post and _signalled(post, [p.pid for p in post.processes_there()][:1], signal.SIGKILL)


def _worker_child_killed(site: Site, strike: Strike) -> Injury | None:
    post = _worker(site, strike)
    return post and _signalled(post, [p.pid for p in post.processes_there()][-1:], signal.SIGKILL)


def _worker_terminated(site: Site, strike: Strike) -> Injury | None:
    post = _worker(site, strike)
    return post and _signalled(post, [p.pid for p in post.processes_there()], signal.SIGTERM)


def _worker_stopped(site: Site, strike: Strike) -> Injury | None:
    post = _worker(site, strike)
    if post is None:
        return None
    pids = [process.pid for process in post.processes_there()]

    def wake() -> None:
        site.note_waking()
        _signal(pids, signal.SIGCONT)

    return Injury(_signalled(post, pids, signal.SIGSTOP).words, wake)


def _worker_clock_jumped(site: Site, strike: Strike) -> Injury:
    post = _chosen(site.posts, strike.dice)
    ahead_s = _jump_s(strike)
    post.clock.set_ahead(ahead_s)
    return Injury(f"clock of {post.name} is {ahead_s:+.0f} s wrong")


def _redis_killed(site: Site, _strike: Strike) -> Injury | None:
    if not site.server.is_running:
        return None
    site.server.kill()
    return Injury("down", site.server.start)


def _redis_emptied(site: Site, _strike: Strike) -> Injury | None:
    if not site.server.is_running:
        return None
    site.server.kill()
    site.server.forget()
    site.note_forgetting()
    return Injury("down, its data is gone", site.server.start)


def _redis_truncated(site: Site, strike: Strike) -> Injury | None:
    if not site.server.is_running:
        return None
    site.server.kill()
    file, cut_bytes = site.server.append_only_file, 1 + int(strike.dice * MOST_TRUNCATED_BYTES)
    os.truncate(file, max(0, file.stat().st_size - cut_bytes))
    site.note_forgetting()
    return Injury(f"down, its file lacks the last {cut_bytes} bytes", site.server.start)


def _redis_full(site: Site, _strike: Strike) -> Injury | None:
    if not site.server.is_running:
        return None

    def limit_memory(limit_bytes: int) -> None:
        # A server that was started again meanwhile has no limit.
        with suppress(redis.RedisError), connect(site.server.url) as client:
            client.config_set("maxmemory", limit_bytes)

    limit_memory(1)
    return Injury("maxmemory is 1", lambda: limit_memory(0))


def _connections_killed(site: Site, strike: Strike) -> Injury | None:
    if not site.server.is_running:
        return None
    kind = "pubsub" if strike.dice < 0.2 else "normal"
    with suppress(redis.RedisError), connect(site.server.url) as client:
        killed = client.client_kill_filter(_type=kind, skipme=True)
        return Injury(f"{killed} {kind} connections")
    return None


def _network_reset(site: Site, _strike: Strike) -> Injury:
    site.proxy.reset()
    return Injury("all connections through the proxy")


def _network_silent(site: Site, _strike: Strike) -> Injury:
    site.proxy.is_black_hole = True

    def speak() -> None:
        site.proxy.is_black_hole = False
        # What was swallowed is missing for good from the connections there are.
        site.proxy.reset()

    return Injury("the proxy swallows everything", speak)


def _steering_killed(site: Site, _strike: Strike) -> Injury | None:
    if site.steering is None or site.steering.poll() is not None:
        return None
    site.steering.kill()
    site.steering.wait()
    return Injury(f"process {site.steering.pid}")


def _steering_stopped(site: Site, _strike: Strike) -> Injury | None:
    if site.steering is None or site.steering.poll() is not None:
        return None
    pids = [site.steering.pid]
    _signal(pids, signal.SIGSTOP)
    return Injury(f"process {site.steering.pid}", lambda: _signal(pids, signal.SIGCONT))


def _steering_clock_jumped(site: Site, strike: Strike) -> Injury:
    ahead_s = _jump_s(strike)
    site.steering_clock.set_ahead(ahead_s)
    return Injury(f"its clock is {ahead_s:+.0f} s wrong")


FAULTS: dict[Kind, Fault] = {
    "worker-group-killed": _worker_group_killed,
    "worker-main-killed": _worker_main_killed,
    "worker-child-killed": _worker_child_killed,
    "worker-terminated": _worker_terminated,
    "worker-stopped": _worker_stopped,
    "worker-clock-jumped": _worker_clock_jumped,
    "redis-killed": _redis_killed,
    "redis-emptied": _redis_emptied,
    "redis-truncated": _redis_truncated,
    "redis-full": _redis_full,
    "connections-killed": _connections_killed,
    "network-reset": _network_reset,
    "network-silent": _network_silent,
    "steering-killed": _steering_killed,
    "steering-stopped": _steering_stopped,
    "steering-clock-jumped": _steering_clock_jumped,
}


def _worker(site: Site, strike: Strike) -> Post | None:
    manned = [post for post in site.posts if post.is_manned]
    return _chosen(manned, strike.dice) if manned else None


def _chosen(choices: Sequence[_ChoiceT], dice: float) -> _ChoiceT:
    return choices[int(dice * len(choices))]


def _jump_s(strike: Strike) -> float:
    """Ahead, behind, or right again."""
    return _chosen((CLOCK_JUMP_S, -CLOCK_JUMP_S, 0.0), strike.dice * 7 % 1)


def _signalled(post: Post, pids: Sequence[int], number: signal.Signals) -> Injury:
    _signal(pids, number)
    listed = " ".join(map(str, pids))
    return Injury(f"{number.name} to {listed} of {post.name}")


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
