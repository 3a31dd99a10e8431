"""The port of sites: who runs the workers of a campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from molsteer.shared.wire.topics import Topic


class Site(Protocol):
    """Runs workers for a campaign while it is steered."""

    @property
    def topics(self) -> Sequence[Topic]:
        """What its workers work on; others serve the rest."""
        ...

    @property
    def begun(self) -> frozenset[Topic]:
        """Topics for which workers were asked for, whether they are ready or not."""
        ...

    def provide(self, slots: Mapping[Topic, int], *, simulations_left: int) -> None:
        """Say what is needed from now on; nothing is started.

        Args:
            slots: Tasks of each topic that are to run at once.
            simulations_left: Simulations until the campaign's budget is reached.
        """
        ...

    def keep_running(self) -> None:
        """Start what is missing; called again and again, and returns at once.

        Raises:
            UserError: If workers end again and again.
        """
        ...

    def stop(self) -> None:
        """Keep nothing running any more."""
        ...
