"""The way to a person's terminal, on which what others wrote is shown and never obeyed."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from molsteer.shared.foreign_text import visible


class Terminal(Console):
    """A console that takes text as it is: no markup, no codes of emoji, no control characters.

    Args:
        stderr: Write to standard error instead of standard output.
        quiet: Write nothing.
        moving: Whether parts may renew themselves, where there is a terminal.
    """

    def __init__(self, *, stderr: bool, quiet: bool = False, moving: bool = True) -> None:
        super().__init__(
            stderr=stderr,
            quiet=quiet,
            force_terminal=None if moving else False,
            highlight=False,
            markup=False,
            emoji=False,
        )

    @property
    def renews(self) -> bool:
        """Whether lines can renew themselves here: it is a terminal, and not a typewriter's."""
        return self.is_terminal and not self.is_dumb_terminal and not self.quiet

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Turn what is to be shown into text; everything comes through here."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else visible(text), style, control)
