"""Checks of the worker pools: who serves them, and with which version."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence

from molsteer.shared.bus.connection import check_answer
from molsteer.shared.bus.workers import WorkerInfo, live_workers, start_command, strangers
from molsteer.shared.doctor.check import Finding
from molsteer.shared.doctor.machine import file_system, nearest_folder
from molsteer.shared.doctor.settings import DeploymentSettings
from molsteer.shared.errors import NotAllowed
from molsteer.shared.settings.sections import StoreSettings
from molsteer.shared.wire.topics import DEFAULT_POOL, Topic

_OF_ONE_MACHINE = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "overlay"}
"""File systems that no other machine sees."""


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
        yield from _stores(settings.stores, topic, there)
    for sentence, cure in strangers(alive):
        yield Finding("problem", sentence, cure)


def _pool(topic: Topic, pool: Sequence[WorkerInfo]) -> Finding:
    hosts = ", ".join(sorted({worker.host for worker in pool}))
    processes = sum(worker.processes for worker in pool)
    return Finding(
        "ok", f"{topic}: {len(pool)} at work with {processes} processes in all, on {hosts}."
    )


def _stores(stores: StoreSettings, topic: Topic, pool: Sequence[WorkerInfo]) -> Iterator[Finding]:
    """Find workers that do not reach the data of their tasks, as far as can be told from here."""
    for name in sorted(stores.used_by(topic)):
        without = sorted({w.host for w in pool if w.stores and name not in w.stores})
        if without:
            sentence = f"{topic}: workers on {', '.join(without)} have no store {name}."
            yield Finding("problem", sentence, "Give them the same [stores] settings as here.")
    with_folder = {w.host for w in pool if not w.stores or "file" in w.stores}
    others = sorted(with_folder - {platform.node()})
    if "file" in stores.used_by(topic) and stores.directory is not None and others:
        kind = file_system(nearest_folder(stores.directory))
        if kind in _OF_ONE_MACHINE:
            yield Finding(
                "warning",
                f"{topic}: the file store {stores.directory} lies on a disk of this machine "
                f"({kind}), and workers on {', '.join(others)} do not see it, unless they are "
                f"containers here.",
                "Name a folder that every service sees as [stores] directory, or choose another "
                "store: docs/stores.md.",
            )


def _nobody(topic: Topic, pool: str, *, local: bool) -> Finding:
    if local:
        return Finding("skipped", f"{topic}: nobody now; a run starts its own.")
    return Finding(
        "problem",
        f"{topic}: nobody, so its tasks wait.",
        f"Start one: {start_command(topic, pool)}.",
    )
