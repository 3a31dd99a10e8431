"""Checks of who gets into the Redis server, and how."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import redis

from molsteer.shared.bus.connection import BLOCK_S, check_answer, connect, reaching
from molsteer.shared.doctor.check import Finding
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.settings.server_url import ServerUrl, stays_here, without_login

DAYS_TO_RENEW = 21
USERS = "Give each role a user of its own: molsteer redis-users FOLDER, see docs/security.md."

_DANGEROUS = {
    "CONFIG": ("GET", "port"),
    "DEBUG": ("JMAP",),
    "FLUSHALL": ("NOTHING",),
    "KEYS": ("*",),
}
"""Commands that no service needs, with arguments for each that would do no harm."""


def look_at_access(queue: QueueSettings) -> Iterator[Finding]:
    """Check whom the server that the settings name lets in, how, and what they may do there."""
    url = queue.server_url
    check_answer(url)
    with reaching(url), connect(url) as client:
        powers = _powers(client)
        # Whoever may not ask is guarded well enough.
        answer = client.config_get("protected-mode") if "CONFIG" in powers else {}
        left_s = _certificate_ends_at(queue) - time.time() if _is_tls(url) else None
    yield judge_login(url, open_to_all=_lets_anybody_in(url))
    yield judge_transport(url)
    if left_s is not None:
        yield judge_certificate(left_s)
    yield judge_powers(powers)
    if answer.get("protected-mode") == "no":
        yield Finding(
            "warning",
            "It would answer other machines even without a password (protected-mode no).",
            "Set protected-mode yes.",
        )


def judge_login(url: str, *, open_to_all: bool) -> Finding:
    """Tell whether the server lets everybody in."""
    if not open_to_all:
        return Finding("ok", "It lets nobody in without a password.")
    sentence = "It lets everybody in, without a password."
    if stays_here(url):
        return Finding("ok", f"{sentence} Only this machine reaches it by that name.")
    return Finding("warning", sentence, USERS)


def judge_transport(url: str) -> Finding:
    """Tell who could listen."""
    if _is_tls(url):
        return Finding("ok", "The connection is encrypted, and the server's certificate verified.")
    if stays_here(url):
        return Finding("ok", "The connection does not leave this machine.")
    return Finding(
        "warning",
        "Everybody on the network between can read passwords and data, and change them.",
        "Set up TLS, see docs/security.md, and begin [queue] redis_url with rediss://.",
    )


def judge_certificate(left_s: float) -> Finding:
    """Tell how long the server's certificate is valid."""
    days = int(left_s / 86_400)
    sentence = f"Its certificate is valid for {days} more days."
    if days >= DAYS_TO_RENEW:
        return Finding("ok", sentence)
    return Finding("warning", sentence, "Renew it before connections fail.")


def judge_powers(powers: Sequence[str]) -> Finding:
    """Judge what this user may do beyond its work."""
    if not powers:
        return Finding("ok", "This user may do nothing that could harm others on the server.")
    sentence = f"This user may harm everybody on the server with {', '.join(powers)}."
    return Finding("warning", sentence, USERS)


def _powers(client: redis.Redis) -> list[str]:
    """Name the dangerous commands that this user may run; none is run.

    Redis refuses what is not allowed when it is put into a transaction, and this one is dropped.
    The client repeats a command on a new connection, outside of any, if the old one breaks.
    """
    powers = []
    with client.client() as connection:  # type: ignore[no-untyped-call]
        connection.execute_command("MULTI")
        for command, arguments in _DANGEROUS.items():
            try:
                connection.execute_command(command, *arguments)
            except redis.ResponseError:
                continue
            powers.append(command)
        connection.execute_command("DISCARD")
    return powers


def _lets_anybody_in(url: ServerUrl) -> bool:
    try:
        with connect(without_login(url)) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _certificate_ends_at(queue: QueueSettings) -> float:
    """Shake hands once more, for clients of Redis do not show the certificate."""
    context = ssl.create_default_context()
    if queue.tls_ca_file is not None:
        context.load_verify_locations(queue.tls_ca_file)
    if queue.tls_certificate_file is not None:
        context.load_cert_chain(queue.tls_certificate_file, queue.tls_key_file)
    parts = urlsplit(queue.redis_url)
    place = (parts.hostname, parts.port or 6379)
    with (
        socket.create_connection(place, timeout=BLOCK_S) as plain,
        context.wrap_socket(plain, server_hostname=parts.hostname) as encrypted,
    ):
        certificate = encrypted.getpeercert() or {}
    return ssl.cert_time_to_seconds(str(certificate["notAfter"]))


def _is_tls(url: str) -> bool:
    return url.startswith("rediss://")
