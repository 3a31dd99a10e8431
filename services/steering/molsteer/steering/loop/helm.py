"""Lets one process steer a campaign, also where its run directory was copied."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path

from molsteer.shared.bus.steering_lease import SteeringLease
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.foreign_text import visible
from molsteer.shared.settings.sections import QueueSettings
from molsteer.steering.errors import SteeredElsewhere
from molsteer.steering.run_directory import place_of

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5


@contextmanager
def alone(queue: QueueSettings, campaign: str, folder: Path) -> Iterator[Callable[[], None]]:
    """Be the only process that steers a campaign, and give what keeps it so with every step.

    A process that steered from this folder before has ended, for its lock is ours now. One that
    steered from another folder is waited for as long as it may be dead, and refused to as soon as
    it shows that it lives.

    Raises:
        SteeredElsewhere: If another process steers it now, from a copy of the run directory; what
            keeps it so raises it as well.
        ServiceUnavailable: If Redis does not answer.
    """
    name = f"process {os.getpid()} on {socket.gethostname()} in {visible(str(folder.absolute()))}"
    lease = SteeringLease(queue, campaign, place_of(folder), name)

    def keep() -> None:
        if other := lease.hold():
            raise SteeredElsewhere(campaign, folder, other[0].name)

    try:
        _wait(lease, campaign, folder)
        yield keep
    finally:
        with suppress(ServiceUnavailable):  # it expires by itself
            lease.release()
        lease.close()


def _wait(lease: SteeringLease, campaign: str, folder: Path) -> None:
    left_before_s = inf
    while other := lease.hold():
        helmsman, left_s = other
        if left_s > left_before_s:
            raise SteeredElsewhere(campaign, folder, helmsman.name)
        if left_before_s == inf:
            log.warning(
                "The campaign was steered from %s lately. Waiting for at most %.0f s until it is "
                "known whether that goes on.",
                helmsman.name,
                left_s,
            )
        left_before_s = left_s
        time.sleep(LOOK_EVERY_S)
