"""Addresses, and sentences about servers that cannot be used."""

from __future__ import annotations

import kombu.exceptions
import pytest
import redis

from molsteer.shared.bus.connection import address, kombu_url, reaching
from molsteer.shared.errors import ServiceUnavailable

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://host", "host:6379"),
        ("redis://user:secret@host:1234/2", "host:1234/2"),
        ("redis://:secret@[::1]:1234/0", "::1:1234/0"),
        ("unix://:secret@/run/redis.sock?db=1", "/run/redis.sock"),
    ],
)
def test_an_address_shows_no_password(url: str, shown: str) -> None:
    assert address(url) == shown


def test_kombu_reads_sockets_in_its_own_way() -> None:
    assert kombu_url("redis://:pw@host:1/2") == "redis://:pw@host:1/2"
    assert (
        kombu_url("unix://:pw@/run/r.sock?db=3") == "redis+socket://:pw@/run/r.sock?virtual_host=3"
    )
    assert kombu_url("unix:///run/r.sock") == "redis+socket:///run/r.sock?virtual_host=0"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (redis.AuthenticationError("WRONGPASS"), "it refuses the user or password"),
        (redis.TimeoutError("Timeout"), "it does not answer in time"),
        (redis.ConnectionError("Error 111."), r"there is no connection \(Error 111\)"),
        (ConnectionResetError("reset"), r"there is no connection \(reset\)"),
        (redis.exceptions.OutOfMemoryError("OOM"), "its memory is full"),
        (
            redis.exceptions.NoPermissionError("NOPERM eval"),
            r"this user may not do that \(NOPERM eval\)",
        ),
        (redis.ResponseError("LOADING."), r"it answers with an error \(LOADING\)"),
    ],
)
def test_each_failure_is_a_sentence_with_a_cure(error: Exception, sentence: str) -> None:
    said = f"Redis at host:1 cannot be used: {sentence}. [A-Z]"
    with pytest.raises(ServiceUnavailable, match=said), reaching("redis://:secret@host:1"):
        raise error


def test_what_kombu_wraps_is_told_the_same_way() -> None:
    def publish() -> None:
        try:
            raise redis.AuthenticationError("NOAUTH")
        except redis.AuthenticationError as error:
            raise kombu.exceptions.OperationalError(str(error)) from error

    with pytest.raises(ServiceUnavailable, match="refuses the user"), reaching("redis://host"):
        publish()


def test_a_defect_is_not_disguised_as_an_outage() -> None:
    with pytest.raises(ZeroDivisionError), reaching("redis://host"):
        raise ZeroDivisionError
