"""The port of whatever `molsteer site` brings up and down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol


class Told(Protocol):
    """What of a site runs now, and what waits why."""

    def document(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        ...

    def lines(self) -> Iterator[str]:
        """Give it as people read it."""
        ...


class ManagedSite(Protocol):
    """A site that is brought up and down; doing something twice is doing it once.

    All methods raise `UserError` where something is in the way.
    """

    @property
    def next_step(self) -> str:
        """Tell what to do when it is up."""
        ...

    def rendered(self) -> Iterator[str]:
        """Give what would be handed in to whoever runs the workers; nothing is changed."""
        ...

    def up(self) -> None:
        """Bring up what is missing."""
        ...

    def told(self) -> Told:
        """Ask what runs where."""
        ...

    def scale(self, wanted: Mapping[str, int]) -> None:
        """Have other numbers of a service's blocks or pods from now on, by the service's name."""
        ...

    def logs(self, service: str | None, lines: int) -> Iterator[str]:
        """Give the last lines of what a service said, or all of them did."""
        ...

    def down(self) -> str:
        """Take down what there is; tells in a sentence what became of it."""
        ...
