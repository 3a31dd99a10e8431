"""What each role may do on the server, as users of Redis's access control list (ACL)."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, assert_never

from molsteer.shared.bus import scripts
from molsteer.shared.bus.names import Keys
from molsteer.shared.host.files.private_files import read_password, write_private
from molsteer.shared.wire.topics import SERVING, TOPICS, Service, Topic

Role = Literal["steering", "metrics", "admin"] | Service
"""Who connects: the services, whoever only looks, and whoever looks after the server itself."""

ROLES: tuple[Role, ...] = ("steering", "simulator", "trainer", "inferencer", "metrics", "admin")

_SERVES = {serving.service: topic for topic, serving in SERVING.items()}

_CONNECT = "+@connection -@dangerous"
_SCRIPTS = "eval evalsha script|load script|exists"
_TRANSACTIONS = "discard exec multi"
_BLOBS = "exists getrange set"
_COUNT = "exists hlen info llen mget scan scard time zcard"

_STEER = (
    "blpop del expire hdel hgetall hkeys hmget hset hvals lpush lrange lrem ltrim sadd srem "
    "unlink zrem"
)
"""What steering does beside counting, to its record, its blobs, and queues through kombu."""

_WORK = "del info lpush ltrim sismember time unlink"
"""What a worker does beside its scripts, and `molsteer doctor` on its machine."""

_CONSUME = "brpop hdel hget hkeys hset lpush rpush unwatch watch zadd zrange zrem"
"""What kombu does to take messages, acknowledge them and give them back."""

_WORKER_SCRIPTS = (
    scripts.BEGIN,
    scripts.FINISH,
    scripts.PASS_ON,
    scripts.RENEW,
    scripts.LOSE,
    scripts.HAND_BACK,
)


def user_name(role: Role, prefix: str) -> str:
    """Name the user of a role; several deployments may share a server."""
    return f"{prefix}-{role}"


def acl_file(prefix: str, passwords: Mapping[Role, str]) -> str:
    """Write a file for Redis's setting `aclfile`, with digests instead of passwords.

    Args:
        prefix: Begins every key of the deployment.
        passwords: Of the roles that get a user; nobody else is let in.
    """
    users = [_user(role, prefix, password) for role, password in passwords.items()]
    return "\n".join(["user default off", *users, ""])


def write_users(folder: Path, prefix: str) -> Mapping[Role, Path]:
    """Write `users.acl` and a file with the password of each role; passwords there are kept.

    Returns:
        The files of the passwords.

    Raises:
        UnusableFile: If a file cannot be used.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files: dict[Role, Path] = {role: folder / f"{role}.password" for role in ROLES}
    passwords = {role: _password(file) for role, file in files.items()}
    write_private(folder / "users.acl", acl_file(prefix, passwords))
    return files


def _password(file: Path) -> str:
    if file.exists():
        return read_password(file)
    password = secrets.token_urlsafe(32)
    write_private(file, f"{password}\n")
    return password


def _user(role: Role, prefix: str, password: str) -> str:
    digest = hashlib.sha256(password.encode()).hexdigest()
    rights = " ".join(dict.fromkeys(_rights(role, Keys(prefix))))
    return f"user {user_name(role, prefix)} on #{digest} resetkeys resetchannels -@all {rights}"


def _rights(role: Role, keys: Keys) -> Iterator[str]:
    match role:
        case "simulator" | "trainer" | "inferencer":
            yield from _of_topics((_SERVES[role],), keys)
            yield from _of_campaigns(keys)
            yield from _commands(_SCRIPTS, _TRANSACTIONS, _BLOBS, _WORK, _CONSUME)
            yield from _called(_WORKER_SCRIPTS)
        case "steering":
            yield from _of_topics(TOPICS, keys)
            yield from _of_campaigns(keys)
            yield f"~{keys.steering('*')}"
            yield from _commands(_SCRIPTS, _TRANSACTIONS, _BLOBS, _COUNT, _STEER)
            yield from _called((scripts.SETTLE, scripts.STEER, scripts.RELEASE))
        case "metrics":
            yield from _of_topics(TOPICS, keys)
            yield from (f"~{keys.outcomes('*')}", f"~{keys.dead_letters}")
            yield from _commands(_COUNT)
        case "admin":
            yield from ("~*", "&*", "+@all")
        case _:
            assert_never(role)


def _of_topics(topics: Sequence[Topic], keys: Keys) -> Iterator[str]:
    """Give the queues of topics, whatever their pool, with their leases and signs of life."""
    for topic in topics:
        for pools in (keys, Keys(keys.prefix, {topic: "*"})):
            yield f"~{pools.queue(topic)}"
            yield f"~{pools.unacked(topic)}"
            yield f"~{pools.foreseen(topic)}"
        yield f"~{keys.lease('*', f'{topic}/*')}"
        yield f"~{keys.worker(topic, '*')}"
        yield f"~{keys.block(topic, '*')}"


def _of_campaigns(keys: Keys) -> Iterator[str]:
    """Give what the topics of a campaign have in common."""
    for name in (keys.outcomes, keys.doorbell, keys.starts, keys.closed):
        yield f"~{name('*')}"
    yield f"~{keys.dead_letters}"
    yield f"~{keys.blob('*', '*')}"


def _commands(*groups: str) -> Iterator[str]:
    yield _CONNECT
    yield from (f"+{command}" for group in groups for command in group.split())


def _called(texts: tuple[str, ...]) -> Iterator[str]:
    """Give the commands that scripts call."""
    for command in re.findall(r"redis\.call\('(\w+)'", "".join(texts)):
        yield f"+{command.lower()}"
