"""Connections to Redis: one way to open them, and one way to tell what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import kombu.exceptions
import redis
from redis.backoff import ExponentialBackoff
from redis.connection import PythonRespSerializer
from redis.retry import Retry

from molsteer.shared.errors import NotAllowed, ServiceUnavailable
from molsteer.shared.settings.server_url import ServerUrl, address

BLOCK_S = 5.0
"""The longest a single command may wait in Redis; shorter than the socket's own limit."""

_REPEATS, _BACKOFF = 2, ExponentialBackoff(base=0.05, cap=0.5)


SLOWEST_BYTES_PER_S = 100_000
"""What a line to a server carries at least, for those who send it much at once."""


_PACKED_BYTES, _READ_BYTES = 6000, 1 << 18
"""What a client of large values copies into one message at most, and reads at once."""


def connect(url: ServerUrl, sends_bytes: int = 0, *, large: bool = False) -> redis.Redis:
    """Make a client that repeats a command at most twice, within a second; it connects lazily.

    Args:
        url: The server.
        sends_bytes: What it sends at once at most, for which there is time beside the usual.
        large: Whether values are large, which are sent as they lie and read with few calls.
    """
    within_s = 2 * BLOCK_S + sends_bytes / SLOWEST_BYTES_PER_S
    retry = Retry(_BACKOFF, _REPEATS)
    if not large:
        return _client(url, within_s, retry)
    # hiredis, which reads faster, would copy a value twice before it is sent.
    packer = PythonRespSerializer(_PACKED_BYTES, _argument)
    return _client(url, within_s, retry, socket_read_size=_READ_BYTES, command_packer=packer)


def connect_once(url: ServerUrl) -> redis.Redis:
    """Make such a client that connects now, and has one connection for all commands but pipelines.

    A command costs two thirds of one whose connection comes out of a pool, and goes back.

    Raises:
        ServiceUnavailable: If the server does not answer or refuses us.
    """
    with reaching(url):
        return _client(url, 2 * BLOCK_S, Retry(_BACKOFF, _REPEATS), single_connection_client=True)


def check_answer(url: ServerUrl) -> None:
    """Make sure that a server is there and lets us in; tells within seconds if not.

    Raises:
        ServiceUnavailable: If it does not answer or refuses us.
    """
    # Silence is not asked again: a server that waits for no TLS is silent each time.
    retry = Retry(_BACKOFF, _REPEATS, (redis.ConnectionError,))
    with reaching(url), _client(url, BLOCK_S, retry) as client:
        client.ping()


def _client(url: ServerUrl, within_s: float, retry: Retry, **options: object) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        **options,
        socket_timeout=within_s,
        socket_connect_timeout=BLOCK_S,
        health_check_interval=30,
        retry=retry,
    )


def _argument(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def as_bytes(answer: object) -> bytes:
    """Narrow an answer of Redis, whose client types cannot say that it never decodes."""
    if isinstance(answer, bytes):
        return answer
    raise TypeError(f"Redis answered with {type(answer).__name__} where bytes are stored.")


def as_text(answer: object) -> str:
    """Narrow an answer of Redis to text."""
    return as_bytes(answer).decode()


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Turn every failure of Redis into a sentence for the user.

    Raises:
        NotAllowed: If Redis does not let this user do that.
        ServiceUnavailable: If Redis does not answer, refuses us, or refuses the command.
    """
    try:
        yield
    except (redis.RedisError, kombu.exceptions.OperationalError, OSError) as error:
        reason, cure = _explain(error, tls=url.startswith("rediss://"))
        refused = isinstance(error, redis.exceptions.NoPermissionError)
        kind = NotAllowed if refused else ServiceUnavailable
        raise kind("Redis", address(url), reason, cure) from None


def _explain(error: Exception, *, tls: bool) -> tuple[str, str]:
    # kombu wraps what redis-py raised.
    cause = error.__cause__ if isinstance(error, kombu.exceptions.OperationalError) else error
    match cause:
        case redis.AuthenticationError():
            return "it refuses the user or password", (
                "Put the right ones into MOLSTEER_QUEUE__REDIS_URL or [queue] password_file."
            )
        case redis.exceptions.NoPermissionError():
            return (
                f"this user may not do that ({cause})",
                "Use the right role's user, or make users anew: molsteer redis-users FOLDER.",
            )
        case redis.exceptions.OutOfMemoryError():
            return "its memory is full", "Raise maxmemory, or choose the file store."
        case redis.TimeoutError() | TimeoutError():
            return "it does not answer in time", (
                "Check the network and the server's load, and whether its port is one for TLS."
                if tls
                else "Check the network and the server's load."
            )
        case redis.ConnectionError() | OSError():
            return _explain_connection(str(cause).rstrip("."), tls=tls)
        case _:
            detail = str(error).rstrip(".")
            return f"it answers with an error ({detail})", "Look into the server's log."


def _explain_connection(detail: str, *, tls: bool) -> tuple[str, str]:
    if "certificate is not valid for" in detail:
        return f"its certificate is one for another host ({detail})", (
            "Name the host in [queue] redis_url as the certificate does."
        )
    if "CERTIFICATE_VERIFY_FAILED" in detail:
        return f"its certificate cannot be trusted ({detail})", (
            "Name the certificate of its authority as [queue] tls_ca_file."
        )
    if tls and any(word in detail for word in ("EOF", "ALERT", "reset", "closed")):
        return f"it breaks TLS off ({detail})", (
            "If it runs, it may want a certificate that it knows: [queue] tls_certificate_file."
        )
    if "reset" in detail or "closed" in detail:
        return f"it breaks the connection off ({detail})", (
            "If it runs, its port may be one for TLS: begin [queue] redis_url with rediss://."
        )
    return f"there is no connection ({detail})", "Start the server, or correct [queue] redis_url."
