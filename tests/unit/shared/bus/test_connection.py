"""Sentences about servers that cannot be used."""

from __future__ import annotations

import kombu.exceptions
import pytest
import redis

from molsteer.shared.bus.connection import reaching
from molsteer.shared.errors import NotAllowed, ServiceUnavailable

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (redis.AuthenticationError("WRONGPASS"), "it refuses the user or password"),
        (redis.TimeoutError("Timeout"), "it does not answer in time"),
        (redis.ConnectionError("Error 111."), r"there is no connection \(Error 111\)"),
        (ConnectionResetError("reset"), r"it breaks the connection off \(reset\)"),
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


@pytest.mark.parametrize(
    ("detail", "sentence", "cure"),
    [
        ("CERTIFICATE_VERIFY_FAILED: self-signed", "its certificate cannot be trusted", "tls_ca"),
        (
            "CERTIFICATE_VERIFY_FAILED: certificate is not valid for 'b'",
            "its certificate is one for another host",
            "redis_url",
        ),
        ("EOF occurred in violation of protocol", "it breaks TLS off", "tls_certificate_file"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "it breaks TLS off", "tls_certificate_file"),
        ("Connection refused", "there is no connection", "Start the server"),
    ],
)
def test_each_failure_of_tls_has_a_sentence_and_a_cure(
    detail: str, sentence: str, cure: str
) -> None:
    with pytest.raises(ServiceUnavailable, match=cure) as told, reaching("rediss://host"):
        raise redis.ConnectionError(detail)
    assert told.value.reason == f"{sentence} ({detail})"


def test_what_is_not_allowed_can_be_told_from_a_server_that_is_away() -> None:
    with pytest.raises(NotAllowed), reaching("redis://host"):
        raise redis.exceptions.NoPermissionError("NOPERM scan")


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
