"""Who may look at a dashboard, and what a page may do in the browser."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from support.made_campaigns import CHOSEN, RANDOM, made_campaign
from support.made_ledgers import HIGH_IP, Made
from support.web_pages import page, visitor

from molsteer.steering.dashboard.access import is_loopback
from molsteer.steering.ledger import own_columns

pytestmark = pytest.mark.fast

EVIL = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\"'javascript:alert(3)\x1b]0;x\x07\u202e"
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign in which names, SMILES, workers, columns and failures are hostile."""
    folder = tmp_path_factory.mktemp("runs")
    evil = Made(9, EVIL, "xtb", {HIGH_IP[0].output.name: 99.0}, (14.9,))
    with closing(made_campaign(folder / "<b>run", results=(*RANDOM, *CHOSEN, evil))) as ledger:
        error = {"code": EVIL, "message": EVIL, "retryable": False, "facts": {"smiles": EVIL}}
        with ledger.transaction() as connection:
            own_columns.keep(ledger, 9, [EVIL], {EVIL: EVIL})
            ledger.set_fact("identity", {"campaign.name": EVIL})
            connection.execute("UPDATE task SET worker = ?", (EVIL,))
            connection.execute("UPDATE result SET engine = ?", (EVIL,))
            connection.execute(
                "INSERT INTO task (task_id, topic, command, state, status, error, created_at,"
                " dispatched_at, started_at, ended_at, reported_at, settled_at, starts, worker,"
                " publishes, cpu_s) VALUES ('simulate/8/xtb/1', 'simulate', ?, 'settled', 'error',"
                " ?, 1, 2, 3, 4, 5, 6, 1, ?, 1, 0.5)",
                (json.dumps({"molecule": 8, "level": "xtb"}), json.dumps(error), EVIL),
            )
    return folder


@pytest.mark.parametrize(
    "address",
    [
        *("/", "", "models", "workers", "molecules", "molecules/9", "molecules?group=failed"),
        *("molecules/8", "molecules?q=<script>alert(1)</script>", "nowhere/<script>"),
    ],
)
def test_what_others_wrote_is_text_and_never_a_part_of_the_page(
    address: str, hostile: Path
) -> None:
    from molsteer.steering.dashboard.campaigns import key_of

    base = "/" if address == "/" else f"/c/{key_of(hostile / '<b>run')}/{address}"
    shown = page(visitor(hostile), base)
    assert shown.tags.count("script") == 1  # ours
    assert not {each for each in shown.attributes if each.startswith("on") or each == "style"}
    assert "<b>run" not in shown.html
    assert "<script>alert" not in shown.html
    assert not set(shown.html) & set("\x1b\x07\u202e")
    assert not [each for each in shown.addresses if not each.startswith(("/", "?", "#"))]
    policy = shown.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


def test_without_a_token_nothing_is_shown_where_one_is_asked_for(tmp_path: Path) -> None:
    client = visitor(tmp_path, "secret")
    for address in ("/", "/assets/style.css", "/nowhere", "/?token=wrong"):
        refused = page(client, address)
        assert refused.status == 401
        assert "This dashboard asks for a token" in refused.text
        assert "secret" not in refused.html


def test_the_token_leaves_the_address_at_once_and_opens_what_follows(tmp_path: Path) -> None:
    client = visitor(tmp_path, "secret")
    welcome = client.get("/?token=secret")
    assert (welcome.status_code, welcome.headers["Location"]) == (303, "/")
    cookie = welcome.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert client.get("/").status_code == 200
    other = visitor(tmp_path, "secret")
    assert other.get("/", headers={"Authorization": "Bearer secret"}).status_code == 200


def test_a_page_of_elsewhere_whose_name_points_here_sees_nothing(tmp_path: Path) -> None:
    client = visitor(tmp_path)
    refused = client.get("/", headers={"Host": "evil.example:8765"})
    assert refused.status_code == 403
    assert "http://localhost" in refused.text
    for host in ("localhost:9", "127.0.0.1:8765", "[::1]:8765", "localhost", "127.0.0.2"):
        assert client.get("/", headers={"Host": host}).status_code == 200, host


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *((host, True) for host in ("127.0.0.1", "localhost", "::1", "127.9.9.9")),
        *((host, False) for host in ("0.0.0.0", "::", "10.0.0.1", "example.org")),  # noqa: S104
    ],
)
def test_only_addresses_of_this_machine_go_without_a_token(host: str, here: bool) -> None:
    assert is_loopback(host) is here
