"""Places where a test can make a process fail: `MOLSTEER_FAILPOINT=NAME:kill|raise|sleep:SECONDS`.

Without the variable, a place costs one look into the environment.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from typing import Literal

from molsteer.shared.errors import MolsteerError

log = logging.getLogger(__name__)

VARIABLE = "MOLSTEER_FAILPOINT"

Failpoint = Literal[
    "task-begun",  # a worker holds the lease and has done nothing
    "task-done",  # it has put its data, and not reported its outcome
    "task-reported",  # it has reported, and the queue still holds the message
    "order-committed",  # steering has ordered a task, and not published it
    "order-published",  # it has published, and the ledger does not know
    "outcome-read",  # it has taken outcomes in, and not committed them
    "outcome-committed",  # it has committed, and Redis still holds them
    "request-read",  # it has taken a request in, and not committed it
    "request-committed",  # it has committed, and the request is still there
]


class FailpointReached(MolsteerError):
    """A test asked for a failure here."""


def reach(name: Failpoint) -> None:
    """Fail if a test asked for it.

    Raises:
        FailpointReached: If the test wants an exception.
    """
    wanted, _, action = os.environ.get(VARIABLE, "").partition(":")
    if wanted != name:
        return
    log.warning("Failpoint %s: %s.", name, action)
    match action.split(":"):
        case ["kill"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case ["sleep", seconds]:
            time.sleep(float(seconds))
        case _:
            raise FailpointReached(f"The failpoint {name} was reached.")
