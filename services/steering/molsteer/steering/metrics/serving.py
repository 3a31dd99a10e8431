"""Serves the figures of a campaign while it runs."""

from __future__ import annotations

import logging
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.metrics.instruments import Instruments, served
from molsteer.steering.metrics.machines import Machines
from molsteer.steering.metrics.occupancy import Occupancy
from molsteer.steering.metrics.reading import Reading
from molsteer.steering.metrics.targets import announced
from molsteer.steering.settings.campaign import CampaignSettings

log = logging.getLogger(__name__)


@contextmanager
def serving(
    settings: CampaignSettings, ledger: Ledger, occupancy: Occupancy
) -> Iterator[Reading | None]:
    """Answer scrapes, if that is wanted, with what the given reading reads.

    Raises:
        UserError: If the port cannot be had.
        UnusableFile: If the campaign cannot be announced.
    """
    wanted, name = settings.metrics, settings.campaign.name
    if wanted.port is None:
        yield None
        return
    instruments = Instruments()
    versions = {"version": version("molsteer-steering"), "python": platform.python_version()}
    instruments.set("build_info", 1.0, **versions)
    with served(instruments, wanted.host, wanted.port) as port:
        address = f"{wanted.host}:{port}"
        with announced(wanted.targets_dir, name, address):
            log.info("Metrics are served at http://%s/metrics.", address)
            machines = Machines(instruments, occupancy, settings.costs)
            yield Reading(
                instruments, ledger, settings.run_dir, settings.queue, settings.pools, machines
            )
