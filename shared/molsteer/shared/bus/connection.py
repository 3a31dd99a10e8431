"""Connections to Redis: one way to open them, and one way to tell what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import kombu.exceptions
import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from molsteer.shared.errors import ServiceUnavailable

BLOCK_S = 5.0
"""The longest a single command may wait in Redis; shorter than the socket's own limit."""


def connect(url: str) -> redis.Redis:
    """Make a client that repeats a command at most twice, within a second; it connects lazily."""
    return redis.Redis.from_url(
        url,
        socket_timeout=2 * BLOCK_S,
        socket_connect_timeout=BLOCK_S,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(base=0.05, cap=0.5), retries=2),
    )


def check_answer(url: str) -> None:
    """Make sure that a server is there and lets us in.

    Raises:
        ServiceUnavailable: If it does not answer or refuses us.
    """
    with reaching(url), connect(url) as client:
        client.ping()


def as_bytes(answer: object) -> bytes:
    """Narrow an answer of Redis, whose client types cannot say that it never decodes."""
    if isinstance(answer, bytes):
        return answer
    raise TypeError(f"Redis answered with {type(answer).__name__} where bytes are stored.")


def as_text(answer: object) -> str:
    """Narrow an answer of Redis to text."""
    return as_bytes(answer).decode()


def kombu_url(url: str) -> str:
    """Write a Redis URL as kombu reads it; only Unix sockets are spelled differently."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={database}"


def address(url: str) -> str:
    """Name a server for people: no user, no password."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path
    return f"{parts.hostname}:{parts.port or 6379}{parts.path}"


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Turn every failure of Redis into a sentence for the user.

    Raises:
        ServiceUnavailable: If Redis does not answer, refuses us, or refuses the command.
    """
    try:
        yield
    except (redis.RedisError, kombu.exceptions.OperationalError, OSError) as error:
        reason, cure = _explain(error)
        raise ServiceUnavailable("Redis", address(url), reason, cure) from None


def _explain(error: Exception) -> tuple[str, str]:
    # kombu wraps what redis-py raised.
    cause = error.__cause__ if isinstance(error, kombu.exceptions.OperationalError) else error
    match cause:
        case redis.AuthenticationError():
            return "it refuses the user or password", (
                "Put the right ones into MOLSTEER_QUEUE__REDIS_URL."
            )
        case redis.exceptions.NoPermissionError():
            return f"this user may not do that ({cause})", "Widen the user's ACL."
        case redis.exceptions.OutOfMemoryError():
            return "its memory is full", "Raise maxmemory, or choose the file store."
        case redis.TimeoutError() | TimeoutError():
            return "it does not answer in time", "Check the network and the server's load."
        case redis.ConnectionError() | OSError():
            detail = str(cause).rstrip(".")
            return f"there is no connection ({detail})", (
                "Start the server, or correct [queue] redis_url."
            )
        case _:
            detail = str(error).rstrip(".")
            return f"it answers with an error ({detail})", "Look into the server's log."
