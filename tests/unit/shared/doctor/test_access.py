"""Who gets into a Redis server, judged."""

from __future__ import annotations

import pytest

from molsteer.shared.doctor import access

pytestmark = pytest.mark.fast

DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("url", "open_to_all", "result"),
    [
        ("redis://:secret@host/0", False, "ok"),
        ("redis://:secret@host/0", True, "warning"),
        ("redis://localhost/0", True, "ok"),
        ("redis://[::1]:6379/0", True, "ok"),
        ("unix:///run/redis.sock", True, "ok"),
        ("rediss://host/0", True, "warning"),
    ],
)
def test_a_server_that_others_reach_needs_a_password(
    url: str, open_to_all: bool, result: str
) -> None:
    finding = access.judge_login(url, open_to_all=open_to_all)
    assert finding.result == result
    assert "secret" not in str(finding)


@pytest.mark.parametrize(
    ("url", "result"),
    [
        ("redis://host/0", "warning"),
        ("redis://10.0.0.1/0", "warning"),
        ("rediss://host/0", "ok"),
        ("redis://127.0.0.1/0", "ok"),
        ("unix:///run/redis.sock", "ok"),
    ],
)
def test_what_leaves_the_machine_needs_tls(url: str, result: str) -> None:
    assert access.judge_transport(url).result == result


@pytest.mark.parametrize(("days", "result"), [(90.5, "ok"), (20.9, "warning"), (0.2, "warning")])
def test_a_certificate_is_renewed_in_time(days: float, result: str) -> None:
    finding = access.judge_certificate(days * DAY_S)
    assert (finding.result, f" {int(days)} more days" in finding.sentence) == (result, True)


def test_powers_that_nobody_needs_are_named_with_the_cure() -> None:
    assert access.judge_powers([]).result == "ok"
    finding = access.judge_powers(["CONFIG", "FLUSHALL"])
    assert "CONFIG, FLUSHALL" in finding.sentence
    assert "molsteer redis-users" in finding.cure
