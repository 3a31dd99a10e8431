"""The checks that every installation has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from molsteer.shared.doctor import machine
from molsteer.shared.doctor.access import look_at_access
from molsteer.shared.doctor.check import Check
from molsteer.shared.doctor.keys import look_at_keys
from molsteer.shared.doctor.queues import look_at_embedded_server, look_at_server
from molsteer.shared.doctor.settings import load_deployment
from molsteer.shared.doctor.stores import look_at_store
from molsteer.shared.doctor.workers import look_at_workers


def checks(file: Path | None) -> Iterator[Check]:
    """Offer the checks of this machine, the queues, the stores and the workers.

    Raises:
        SettingsError: If the settings cannot be used.
    """
    settings = load_deployment(file)
    yield Check("python", machine.look_at_python)
    yield Check("packages", machine.look_at_packages)
    yield Check("libraries", machine.look_at_libraries)
    yield Check("open-files", machine.look_at_open_files)
    yield Check("shared-memory", machine.look_at_shared_memory)
    if settings.workers.server == "embedded":
        yield Check("server", look_at_embedded_server, limit_s=40.0)
    else:
        yield Check("redis", partial(look_at_server, settings.queue))
        yield Check("access", partial(look_at_access, settings.queue), needs="redis")
        yield Check("keys", partial(look_at_keys, settings.queue))
    for name in sorted(settings.stores.chosen):
        needs = "redis" if name == "redis" else ""
        yield Check(f"store-{name}", partial(look_at_store, settings, name), needs=needs)
    yield Check("workers", partial(look_at_workers, settings), needs="redis")
