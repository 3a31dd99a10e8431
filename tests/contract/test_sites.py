"""Whoever runs a campaign's workers keeps the same promises."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.globus_compute import ENDPOINT, globus_compute
from support.toy_site import ToySite
from support.waiting import eventually
from support.worker_process import TESTS, await_end

from molsteer.shared.bus.workers import live_workers
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.settings.server_url import ServerUrl
from molsteer.shared.wire.topics import Topic
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.sites.batch import BatchSite
from molsteer.steering.sites.local import local_site
from molsteer.steering.sites.port import Site

SLOTS: dict[Topic, int] = {"simulate": 1, "train": 1, "infer": 1}


@dataclass
class Subject:
    """A site that works on trainings, and how to end it wholly."""

    site: Site
    queue: QueueSettings
    end: Callable[[], object]

    def workers(self) -> set[int]:
        return {worker.pid for worker in live_workers(self.queue) if worker.topic == "train"}

    def await_workers(self, *, besides: frozenset[int] = frozenset()) -> set[int]:
        def there() -> set[int]:
            self.site.keep_running()
            return self.workers() - besides

        return eventually(there)


@pytest.fixture
def globus(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with globus_compute() as service:
        for name, value in service.variables.items():
            monkeypatch.setenv(name, value)
        yield


@pytest.fixture(params=["local", "blocks", "parsl", "globus-compute"])
def subject(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    redis_url: ServerUrl,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Subject]:
    if request.param == "local":
        monkeypatch.setenv("PYTHONPATH", str(TESTS))
        monkeypatch.setenv("TOY_FOLDER", str(tmp_path))
        elsewhere = {"pool": "elsewhere"}
        settings = CampaignSettings.model_validate(
            {
                "campaign": {"space": "a.smi"},
                "queue": {"redis_url": redis_url, "prefix": f"local-{time.time_ns()}"},
                "train": {"handler": "support.toy_services:trainer"},
                "simulate": elsewhere,
                "infer": elsewhere,
                "workers": {"server": "external"},
            }
        )
        local = local_site(settings, tmp_path)
        yield Subject(local, settings.queue, local.stop)
        local.stop()
        return
    toys = ToySite(tmp_path, submit="parsl" if request.param == "parsl" else "commands")
    tables = ""
    if request.param == "globus-compute":
        request.getfixturevalue("globus")
        toys.scheduler = request.param
        tables = f'[globus_compute]\nendpoint = "{ENDPOINT}"\n'
    file = toys.write(tables=tables)
    file.write_text(file.read_text().replace("max_blocks = 1", "max_blocks = 1\nmin_blocks = 1", 1))
    deployment = toys.deployment
    settings_of_steering = deployment.settings(deployment.up())
    queue = QueueSettings.model_validate(settings_of_steering["queue"])
    batch = BatchSite(deployment, queue)

    def end() -> None:
        batch.stop()
        if deployment.is_up:
            deployment.down()

    yield Subject(batch, queue, end)
    end()


def test_workers_come_when_they_are_asked_for(subject: Subject) -> None:
    subject.site.provide(SLOTS, simulations_left=10)
    assert len(subject.await_workers()) == 1
    assert "train" in subject.site.begun
    assert subject.site.begun <= set(subject.site.topics)


def test_a_worker_that_dies_is_replaced(subject: Subject) -> None:
    subject.site.provide(SLOTS, simulations_left=10)
    (first,) = subject.await_workers()
    os.kill(first, signal.SIGKILL)
    (second,) = subject.await_workers(besides=frozenset({first}))
    assert second != first


def test_workers_are_gone_when_a_site_has_stopped_and_stopping_again_is_no_error(
    subject: Subject,
) -> None:
    subject.site.provide(SLOTS, simulations_left=10)
    pids = subject.await_workers()
    subject.end()
    await_end(pids)
    subject.end()
