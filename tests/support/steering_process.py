"""The steering of `molsteer run`, without display and report: `python -m support.steering_process`.

Settings come from the environment alone. A checkpoint follows every event, so that each kill falls
right before or after one.
"""

from __future__ import annotations

import sys

from molsteer.shared.errors import UserError
from molsteer.shared.host.interrupts import Interrupts
from molsteer.shared.telemetry.logs import log_to
from molsteer.steering.app import assembled
from molsteer.steering.records.progress import Progress
from molsteer.steering.settings.campaign import load_campaign


class Unseen:
    """A display that nobody watches."""

    def show(self, progress: Progress, now: float) -> None:
        pass

    def say(self, sentence: str) -> None:
        pass

    def close(self) -> None:
        pass


def main() -> None:
    log_to("steering", "info")
    with assembled(load_campaign(None, {}), lambda _: None) as application:
        application.campaign.checkpoint_after = 1
        application.steer(Unseen(), Interrupts())
        application.retire()


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"molsteer: {error}")
