"""Somebody is told, and the campaign does not wait for that."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import ValidationError
from support.web_server import web_server

from molsteer.shared.errors import SettingsError, UnusableFile, UserError
from molsteer.shared.wire.properties import Quantity
from molsteer.steering.errors import NotDelivered
from molsteer.steering.notify.notice import About, Notice, notice
from molsteer.steering.notify.notices import noticing
from molsteer.steering.notify.notifier import Notifier
from molsteer.steering.notify.senders import Channel, Command, Web, senders
from molsteer.steering.notify.watch import Sign, Watch
from molsteer.steering.records.progress import Progress
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.notify import NotifySection

pytestmark = pytest.mark.fast

ABOUT = About("qm9", Path("/runs/qm9"))
FAR = Progress(
    done=7, budget=20, levels=(), activity="models idle", in_flight=2, given_up=1,
    property="adiabatic_ionization_potential", hits=3, best=Quantity(value=15.25, unit="eV"),
    best_smiles="CO", best_own={}, generation=1, validation_mae=None, rate_per_min=None,
    left_s=None,
)  # fmt: skip
ENDED = notice("ended", "budget-reached", ABOUT, FAR, 1.0)


def test_a_notice_is_a_sentence_with_the_facts_beside_it() -> None:
    assert ENDED.text == (
        "qm9: the campaign has ended (budget-reached). Best so far: 15.250 eV CO. 7/20 simulated."
    )
    told = json.loads(json.dumps(ENDED.as_json()))
    assert told | {"host": "", "text": ""} == {
        "event": "ended",
        "reason": "budget-reached",
        "text": "",
        "campaign": "qm9",
        "run_dir": "/runs/qm9",
        "host": "",
        "at": 1.0,
        "simulated": 7,
        "budget": 20,
        "given_up": 1,
        "hits": 3,
        "best": {
            "property": "adiabatic_ionization_potential",
            "value": 15.25,
            "unit": "eV",
            "smiles": "CO",
        },
    }


def test_trouble_is_told_once_when_it_has_lasted_and_when_it_is_over() -> None:
    watch, away = Watch(60.0), "Redis does not answer."
    seen = [
        list(watch.look(at, None, troubles))
        for at, troubles in (
            (0.0, {}),
            (10.0, {"held-up": away}),
            (60.0, {"held-up": away}),
            (70.0, {"held-up": away}),
            (80.0, {"held-up": "Redis is still away."}),
            (90.0, {}),
            (100.0, {"held-up": away}),
            (110.0, {}),
        )
    ]
    assert seen == [[], [], [], [Sign("held-up", away)], [], [Sign("recovered", "over: held-up")],
                    [], []]  # fmt: skip


def test_the_end_is_told_once_and_a_failing_campaign_as_such() -> None:
    watch = Watch(60.0)
    assert list(watch.look(0.0, "budget-reached", {})) == [Sign("ended", "budget-reached")]
    assert list(watch.look(1.0, "budget-reached", {})) == []
    assert list(Watch(60.0).look(0.0, "failing", {})) == [Sign("failing", "failing")]


def script(folder: Path, text: str) -> str:
    file = folder / "tell.sh"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)


def test_a_command_gets_the_facts_as_json(tmp_path: Path) -> None:
    Command((script(tmp_path, f'cat > {tmp_path}/"$1"'), "told"), 20.0).send(ENDED)
    assert json.loads((tmp_path / "told").read_text()) == ENDED.as_json()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("cat > /dev/null; echo no such user >&2; exit 3", "ended with status 3: no such user"),
        ("sleep 600", "did not end within 0.2 s"),
        ("sleep 600 & exit 0", "did not end within 0.2 s"),
    ],
)
def test_a_command_that_fails_or_hangs_is_told(tmp_path: Path, text: str, complaint: str) -> None:
    limit_s = 0.2 if "sleep" in text else 20.0
    with pytest.raises(NotDelivered, match=complaint):
        Command((script(tmp_path, text),), limit_s).send(ENDED)


def test_a_command_that_is_not_there_is_told() -> None:
    with pytest.raises(NotDelivered, match=r"/no/such cannot|/no/such does not take notices"):
        Command(("/no/such", "secret"), 5.0).send(ENDED)


def test_a_web_server_gets_the_facts_as_json() -> None:
    with web_server() as received:
        Web(f"{received.url}/services/secret", 20.0).send(ENDED)
    ((path, body),) = received.requests
    assert path == "/services/secret"
    assert json.loads(body) == ENDED.as_json()


def test_no_secret_of_an_address_is_ever_told() -> None:
    with web_server(status=404) as received, pytest.raises(NotDelivered) as refused:
        Web(f"{received.url}/services/secret".replace("//", "//me:secret@"), 20.0).send(ENDED)
    assert "it answered with status 404" in str(refused.value)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotDelivered) as away:
        Web(f"http://me:secret@127.0.0.1:{port}/secret", 20.0).send(ENDED)
    assert f"http://127.0.0.1:{port} does not take notices" in str(away.value)
    with pytest.raises(ValidationError) as wrong:
        NotifySection(url="hooks.example.org/secret token")
    settings = NotifySection(url="https://hooks.example.org/secret")
    wrong_text = str([each["msg"] for each in wrong.value.errors()])
    for text in (str(refused.value), str(away.value), repr(settings), wrong_text):
        assert "secret" not in text


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_a_channel_of_apprise_is_told_in_words() -> None:
    if "CI" not in os.environ:
        pytest.importorskip("apprise")
    with web_server() as received:
        (way,) = senders(NotifySection(url=received.url.replace("http", "json")))
        assert isinstance(way, Channel)
        way.send(ENDED)
    ((_, body),) = received.requests
    assert json.loads(body)["message"] == ENDED.text
    with pytest.raises(SettingsError, match=r"Apprise cannot use the address that begins with no"):
        senders(NotifySection(url="nosuch://secret"))


def test_addresses_in_a_file_are_secret(tmp_path: Path) -> None:
    file = tmp_path / "urls"
    file.write_text("# ours\nhttps://hooks.example.org/a\n\nhttps://hooks.example.org/b\n")
    section = NotifySection(url_file=file)
    file.chmod(0o644)
    with pytest.raises(UnusableFile, match="chmod 600"):
        senders(section)
    file.chmod(0o600)
    assert [way.name for way in senders(section)] == 2 * ["https://hooks.example.org"]
    file.write_text("secret without scheme\n")
    with pytest.raises(SettingsError, match="A line is no address") as raised:
        senders(section)
    assert "secret" not in str(raised.value)


@dataclass
class Gate:
    """A way to tell that waits until it is let through, or fails a few times."""

    failures: int = 0
    opened: threading.Event = field(default_factory=threading.Event)
    taken: list[str] = field(default_factory=list)
    name: str = "the gate"

    def send(self, notice: Notice) -> None:
        self.opened.wait(240)
        if self.failures:
            self.failures -= 1
            raise NotDelivered(self.name, "it is closed")
        self.taken.append(notice.reason)


def test_nobody_waits_for_whoever_is_told(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    notifier = Notifier([gate], tries=1)
    for number in range(200):  # more than may wait
        notifier.tell(notice("held-up", str(number), ABOUT, None, 0.0))
    notifier.close(within_s=0.0)
    assert not gate.taken
    assert "were not delivered" in caplog.text or "dropped" in caplog.text
    gate.opened.set()


def test_a_failure_is_tried_again_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    lucky, closed = Gate(failures=2), Gate(failures=99)
    for gate in (lucky, closed):
        gate.opened.set()
    notifier = Notifier([lucky, closed], tries=3, pause_s=0.001)
    with caplog.at_level(logging.WARNING):
        notifier.tell(ENDED)
        notifier.close(30.0)
    assert lucky.taken == ["budget-reached"]
    assert caplog.messages == [
        "Nobody was told of 'ended'. the gate does not take notices: it is closed. Check [notify]."
    ]


@pytest.fixture
def told(tmp_path: Path) -> CampaignSettings:
    command = script(tmp_path, f"cat >> {tmp_path}/told; echo >> {tmp_path}/told")
    return CampaignSettings.model_validate(
        {"campaign": {"space": "a.smi", "name": "qm9"}, "notify": {"command": command}}
    )


def test_steering_that_fails_is_told_on_its_way_out(told: CampaignSettings, tmp_path: Path) -> None:
    with pytest.raises(UserError), noticing(told):
        raise UserError("The simulate worker was started 5 times.\nMore.")
    (line,) = (tmp_path / "told").read_text().splitlines()
    facts = json.loads(line)
    assert (facts["event"], facts["reason"]) == (
        "failing",
        "The simulate worker was started 5 times.",
    )


def test_only_what_is_wanted_is_told(told: CampaignSettings, tmp_path: Path) -> None:
    notify = told.notify.model_copy(update={"on": ("ended",)})
    with noticing(told.model_copy(update={"notify": notify})) as notices:
        assert notices
        notices.tell("held-up", "Redis is away.")
        notices.tell("ended", "stopped")
    (line,) = (tmp_path / "told").read_text().splitlines()
    assert json.loads(line)["event"] == "ended"


def test_without_a_wish_nothing_is_made() -> None:
    settings = CampaignSettings.model_validate({"campaign": {"space": "a.smi"}})
    with noticing(settings) as notices:
        assert notices is None
