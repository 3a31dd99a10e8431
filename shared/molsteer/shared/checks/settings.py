"""The settings that checks of queues, stores and workers read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from molsteer.shared.server import EmbeddedServer
from molsteer.shared.settings.loading import load
from molsteer.shared.settings.sections import QueueSettings, WorkersSection
from molsteer.shared.worker.settings import WorkerSettings


class DeploymentSettings(WorkerSettings):
    """Where everything is, and who starts it."""

    workers: WorkersSection = WorkersSection()


def load_deployment(file: Path | None) -> DeploymentSettings:
    """Read the settings; without a file, a server that the environment names is the one to use.

    Raises:
        SettingsError: If they cannot be used.
    """
    settings = load(DeploymentSettings, file, {})
    if file is None and settings.queue.redis_url != QueueSettings().redis_url:
        workers = settings.workers.model_copy(update={"server": "external"})
        return settings.model_copy(update={"workers": workers})
    return settings


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
        yield settings.queue.model_copy(update={"redis_url": server.url})
