"""A worker that is a block ends when the block is not wanted, or nobody can tell."""

from __future__ import annotations

import signal
import threading
from types import SimpleNamespace

import pytest
from support.waiting import eventually

from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.worker.blocks import WantedBlock
from molsteer.shared.worker.celery import dismissal
from molsteer.shared.worker.celery.dismissal import Dismissal

pytestmark = pytest.mark.fast


class Timer:
    """Celery's, which does what it was given when it is told to."""

    def call_repeatedly(self, _every_s: float, look: object) -> Timer:
        self.look = look
        return self

    def cancel(self) -> None:
        self.look = None


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What this process would have been told."""
    told: list[int] = []
    monkeypatch.setattr(dismissal.signal, "raise_signal", told.append)
    monkeypatch.setattr(dismissal.os, "kill", lambda _pid, number: told.append(number))
    return told


def consumer() -> SimpleNamespace:
    plan = SimpleNamespace(
        queue=QueueSettings(redis_url="redis://127.0.0.1:9"), topic="simulate", block="b1"
    )
    return SimpleNamespace(app=SimpleNamespace(plan=plan), timer=Timer())


def test_it_leaves_once_when_its_block_is_not_wanted_and_stays_while_nobody_tells(
    signals: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = consumer()
    step = Dismissal(worker)
    step.start(worker)

    def silence(_block: WantedBlock, _host: str) -> bool:
        raise ServiceUnavailable("Redis", "here", "it is away", "Wait.")

    for answer in (silence, lambda *_: True):
        monkeypatch.setattr(WantedBlock, "show", answer)
        worker.timer.look()
    assert signals == []
    monkeypatch.setattr(WantedBlock, "show", lambda *_: False)
    worker.timer.look()
    worker.timer.look()
    assert signals == [signal.SIGTERM]


def test_it_leaves_when_redis_stays_away_and_not_when_it_comes_back(
    signals: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = consumer()
    step = Dismissal(worker)
    step.start(worker)
    monkeypatch.setattr(dismissal, "ALONE_S", 3600.0)
    step.stop(worker)
    (waits,) = [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
    step.start(worker)
    waits.join(60)
    assert signals == []
    monkeypatch.setattr(dismissal, "ALONE_S", 0.0)
    step.stop(worker)
    eventually(lambda: signals == [signal.SIGTERM])
