"""Checks of the worker pools: who serves them, and with which version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from molsteer.shared.bus.connection import check_answer
from molsteer.shared.bus.workers import WorkerInfo, live_workers, start_command, strangers
from molsteer.shared.doctor.check import Finding
from molsteer.shared.doctor.settings import DeploymentSettings
from molsteer.shared.errors import NotAllowed
from molsteer.shared.wire.topics import DEFAULT_POOL, Topic


def look_at_workers(settings: DeploymentSettings) -> Iterator[Finding]:
    """Check that every topic has workers, and that they are of this version."""
    if settings.workers.server == "embedded":
        yield Finding("skipped", "Each run starts a server and workers of its own.")
        return
    check_answer(settings.queue.server_url)
    try:
        alive = live_workers(settings.queue)
    except NotAllowed:
        yield Finding("skipped", "This user may not see them; steering's user may.")
        return
    for topic, pool in settings.pools.items():
        there = [worker for worker in alive if (worker.topic, worker.pool) == (topic, pool)]
        local = settings.workers.local and pool == DEFAULT_POOL
        yield _pool(topic, there) if there else _nobody(topic, pool, local=local)
    for sentence, cure in strangers(alive):
        yield Finding("problem", sentence, cure)


def _pool(topic: Topic, pool: Sequence[WorkerInfo]) -> Finding:
    hosts = ", ".join(sorted({worker.host for worker in pool}))
    processes = sum(worker.processes for worker in pool)
    return Finding(
        "ok", f"{topic}: {len(pool)} at work with {processes} processes in all, on {hosts}."
    )


def _nobody(topic: Topic, pool: str, *, local: bool) -> Finding:
    if local:
        return Finding("skipped", f"{topic}: nobody now; a run starts its own.")
    return Finding(
        "problem",
        f"{topic}: nobody, so its tasks wait.",
        f"Start one: {start_command(topic, pool)}.",
    )
