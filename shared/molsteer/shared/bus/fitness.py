"""Servers that answer, and on which no campaign can work all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import redis

from molsteer.shared.bus.connection import check_answer, connect, reaching
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.settings.server_url import ServerUrl, address

OLDEST_SERVER = (6, 2)

Facts = Mapping[str, object]
"""What Redis says about itself (INFO)."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """What is wrong with a server, as the end of a sentence about it, and the cure."""

    reason: str
    cure: str


def check_server(url: ServerUrl) -> None:
    """Make sure that a server is there, lets us in, and is one that the queues can live on.

    Raises:
        ServiceUnavailable: If it is not.
    """
    check_answer(url)
    with reaching(url), connect(url) as client:
        try:
            facts: Facts = client.info()
        except redis.exceptions.NoPermissionError:
            return  # its owner knows what it is
    for look in (wrong_kind, too_old, evicts):
        if unfit := look(facts):
            raise ServiceUnavailable("Redis", address(url), f"it {unfit.reason}", unfit.cure)


def wrong_kind(facts: Facts) -> Unfit | None:
    """Tell if a server does not hold everything itself, or must not write it."""
    mode = facts.get("redis_mode")
    if mode == "cluster" or str(facts.get("cluster_enabled")) == "1":
        return Unfit(
            "runs in cluster mode, which spreads over servers what must change together",
            "Start a single server, without cluster-enabled.",
        )
    if mode == "sentinel":
        return Unfit(
            "is a sentinel, which watches servers and holds nothing",
            "Name the server itself in [queue] redis_url.",
        )
    if facts.get("role") == "slave":
        master = f"{facts.get('master_host')}:{facts.get('master_port')}"
        return Unfit(
            f"is a replica, whose data is that of {master}",
            "Name that server in [queue] redis_url.",
        )
    return None


def too_old(facts: Facts) -> Unfit | None:
    """Tell if a server lacks what is needed."""
    version = str(facts["redis_version"])
    if tuple(map(int, version.split(".")[:2])) >= OLDEST_SERVER:
        return None
    return Unfit(f"is version {version}", "Install Redis 6.2 or newer, or Valkey.")


def evicts(facts: Facts) -> Unfit | None:
    """Tell if a server does not keep what it was given."""
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy == "noeviction":
        return None
    return Unfit(
        f"throws data away when its memory is full (maxmemory-policy {policy})",
        "Set maxmemory-policy noeviction.",
    )
