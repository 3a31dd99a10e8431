"""Addresses of Redis servers: as people write them, and with all that it takes to get in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import NewType
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlencode, urlsplit

ServerUrl = NewType("ServerUrl", str)
"""A whole address: password and certificates included, and verification wherever there is TLS.

It is read by redis-py and, after `kombu_url`, by kombu, whose own default is to verify nothing.
Not for logs, command lines or files.
"""


_FORMS = {
    "redis": "redis://HOST:PORT/DATABASE",
    "rediss": "rediss://HOST:PORT/DATABASE",
    "unix": "unix:///PATH/TO/SOCKET?db=DATABASE",
}

_ESCAPES = "each of @:/?#[]% in a password as % and its two hexadecimal digits"


def check_redis_url(url: str) -> str:
    """Check an address that somebody wrote.

    Raises:
        ValueError: If it cannot be used; the message is the end of a sentence.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # whose text may hold a password
        raise ValueError(f"is not an address; write {_FORMS['redis']}, and {_ESCAPES}") from None
    if parts.scheme not in _FORMS:
        raise ValueError("must begin with redis://, rediss:// or unix://")
    form = _FORMS[parts.scheme]
    if not _names_place(parts):
        place = "socket" if parts.scheme == "unix" else "host"
        raise ValueError(f"names no {place}; write {form}")
    if not _names_port(parts):
        raise ValueError(f"names no port that can be; write {form}, and {_ESCAPES}")
    if not re.fullmatch("[0-9]*", _database(parts)):
        raise ValueError(f"names no database by its number; write {form}")
    _check_parameters(parts)
    return url


def _names_place(parts: SplitResult) -> bool:
    if parts.scheme == "unix":
        return bool(parts.path) and not _without_login(parts).netloc
    return bool(parts.hostname)


def _names_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:  # whose text may hold a part of a password
        return False


def _database(parts: SplitResult) -> str:
    if parts.scheme == "unix":
        return parse_qs(parts.query).get("db", ["0"])[0]
    return parts.path.removeprefix("/")


def _check_parameters(parts: SplitResult) -> None:
    taken = {"db"} if parts.scheme == "unix" else set()
    extra = parse_qs(parts.query, keep_blank_values=True).keys() - taken
    if extra:
        raise ValueError(
            f"has parameters ({', '.join(sorted(extra))}), which are not taken: certificates are "
            f"always verified, their files are named by tls_ca_file, tls_certificate_file and "
            f"tls_key_file, and the database is written as {_FORMS[parts.scheme]}"
        )


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
    return _written(parts)


def socket_url(socket: Path, password: str) -> ServerUrl:
    """Write the address of a Unix socket, whose path is UTF-8."""
    return ServerUrl(f"unix://:{quote(password, safe='')}@{quote(str(socket))}?db=0")


def without_password(url: str) -> str:
    """Give the same address without its password."""
    parts = urlsplit(url)
    login, at, place = parts.netloc.rpartition("@")
    user = login.partition(":")[0]
    return _written(parts._replace(netloc=f"{user}{at if user else ''}{place}"))


def without_login(url: ServerUrl) -> ServerUrl:
    """Give the same address without user and password."""
    return _written(_without_login(urlsplit(url)))


def _without_login(parts: SplitResult) -> SplitResult:
    return parts._replace(netloc=parts.netloc.rpartition("@")[2])


def _written(parts: SplitResult) -> ServerUrl:
    # urllib leaves the slashes out before the path of a socket, and redis-py insists on them.
    query = f"?{parts.query}" if parts.query else ""
    return ServerUrl(f"{parts.scheme}://{parts.netloc}{parts.path}{query}")


def kombu_url(url: ServerUrl) -> str:
    """Write an address as kombu reads it; only Unix sockets are spelled differently."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={_database(parts)}"


def address(url: str) -> str:
    """Name a server for people: no user, no password."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return unquote(parts.path)
    return f"{parts.hostname}:{parts.port or 6379}{parts.path}"


def web_address(url: str) -> str:
    """Name a web server for people: no user, no password, and no path, which may be a secret."""
    parts = urlsplit(url)
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


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
