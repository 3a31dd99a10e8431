"""Addresses of Redis servers: as people write them, and with all that it takes to get in."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import NewType
from urllib.parse import SplitResult, parse_qs, quote, urlencode, urlsplit

ServerUrl = NewType("ServerUrl", str)
"""A whole address: password and certificates included, and verification wherever there is TLS.

It is read by redis-py and, after `kombu_url`, by kombu, whose own default is to verify nothing.
Not for logs, command lines or files.
"""


def check_redis_url(url: str) -> str:
    """Check an address that somebody wrote.

    Raises:
        ValueError: If it cannot be used; the message is the end of a sentence.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("must begin with redis://, rediss:// or unix://")
    if parts.scheme != "unix" and not parts.hostname:
        raise ValueError(f"names no host; write {parts.scheme}://HOST:PORT/DATABASE")
    if not _names_port(parts):
        raise ValueError(
            f"names no port that can be; write {parts.scheme}://HOST:PORT/DATABASE, and each of "
            f"@:/?#[]% in a password as % and its two hexadecimal digits"
        )
    extra = parse_qs(parts.query, keep_blank_values=True).keys() - (
        {"db"} if parts.scheme == "unix" else set()
    )
    if extra:
        raise ValueError(
            f"has parameters ({', '.join(sorted(extra))}), which are not taken: certificates are "
            f"always verified, their files are named by tls_ca_file, tls_certificate_file and "
            f"tls_key_file, and the database is written as {parts.scheme}://HOST:PORT/DATABASE"
        )
    return url


def _names_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:  # whose text may hold a part of a password
        return False


def whole_url(url: str, password: str | None, tls_files: Mapping[str, Path]) -> ServerUrl:
    """Put an address together.

    Args:
        url: A checked address.
        password: Stands in for the one of the address, where there is one.
        tls_files: By redis-py's names of parameters.
    """
    parts = urlsplit(url)
    if password is not None:
        login, _, place = parts.netloc.rpartition("@")
        user = login.partition(":")[0]
        parts = parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}")
    if parts.scheme == "rediss":
        verified = {"ssl_cert_reqs": "required", "ssl_check_hostname": "true"}
        files = {name: str(file) for name, file in tls_files.items()}
        parts = parts._replace(query=urlencode(verified | files))
    return ServerUrl(parts.geturl())


def without_login(url: ServerUrl) -> ServerUrl:
    """Give the same address without user and password."""
    parts = urlsplit(url)
    return ServerUrl(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())


def kombu_url(url: ServerUrl) -> str:
    """Write an address as kombu reads it; only Unix sockets are spelled differently."""
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


def stays_here(url: str) -> bool:
    """Tell whether what is sent to a server stays on this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        return parts.scheme == "unix" or ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def holds_password(url: object) -> bool:
    """Tell whether somebody wrote a password into an address, or into what should be one."""
    try:
        return isinstance(url, str) and bool(urlsplit(url).password)
    except ValueError:
        return False
