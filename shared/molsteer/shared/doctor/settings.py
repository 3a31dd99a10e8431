"""The settings that checks of queues, stores and workers read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ConfigDict

from molsteer.shared.bus.embedded_server import EmbeddedServer
from molsteer.shared.settings.loading import load
from molsteer.shared.settings.sections import QueueSettings, TopicSection, WorkersSection
from molsteer.shared.settings.worker import WorkerSettings
from molsteer.shared.wire.topics import Topic


class _Served(TopicSection):
    """Which pool a topic has; the rest of its table is steering's business."""

    model_config = ConfigDict(extra="ignore")


class DeploymentSettings(WorkerSettings):
    """Where everything is, and who starts it."""

    simulate: _Served = _Served()
    train: _Served = _Served()
    infer: _Served = _Served()
    workers: WorkersSection = WorkersSection()

    @property
    def pools(self) -> dict[Topic, str]:
        """The pool of workers that each topic's tasks go to."""
        return {"simulate": self.simulate.pool, "train": self.train.pool, "infer": self.infer.pool}


def load_deployment(file: Path | None) -> DeploymentSettings:
    """Read the settings.

    Raises:
        SettingsError: If they cannot be used.
    """
    return load(DeploymentSettings, file, {})


@contextmanager
def queue_at_hand(settings: DeploymentSettings) -> Iterator[QueueSettings]:
    """Give the queue settings with a server that can be tried out, starting one if a run would.

    Raises:
        ServiceUnavailable: If it cannot be started.
    """
    if settings.workers.server == "external":
        yield settings.queue
        return
    with EmbeddedServer() as server:
        yield settings.queue.at(server.url)
