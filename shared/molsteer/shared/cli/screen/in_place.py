"""Lines of a terminal that renew themselves where they are."""

from __future__ import annotations

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table

from molsteer.shared.cli.screen.terminal import Terminal

_TO_END_OF_LINE, _TO_END_OF_SCREEN = "\x1b[K", "\x1b[J"
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


class InPlace:
    """The last lines on a terminal, drawn anew in the size that it has by then.

    The cursor rests at their beginning. A terminal that is resized and breaks its lines anew keeps
    the cursor at its place in the text, so nothing of the lines before is left behind.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._view: RenderableType | None = None
        self._size = terminal.size
        self._write(_HIDE_CURSOR)

    def draw(self, view: RenderableType) -> None:
        """Replace the lines."""
        self._view = view
        with self._terminal.capture() as captured:
            # A full line would leave the cursor in the next one on some terminals.
            self._terminal.print(view, width=max(1, self._terminal.width - 1))
        lines = captured.get().splitlines()[: max(1, self._terminal.height - 1)]
        drawn = f"{_TO_END_OF_LINE}\n".join(lines)
        back = f"\x1b[{len(lines) - 1}A" if len(lines) > 1 else ""
        # Rows that were broken anew count as one, for some terminals, until they are erased.
        erased = _TO_END_OF_SCREEN if self._terminal.size != self._size else ""
        self._size = self._terminal.size
        self._write(f"\r{erased}{drawn}{_TO_END_OF_SCREEN}{back}\r")

    def say(self, sentence: str) -> None:
        """Print above the lines."""
        self._write(f"\r{_TO_END_OF_SCREEN}")
        self._terminal.print(sentence, style="bold", soft_wrap=True)
        if self._view is not None:
            self.draw(self._view)

    def close(self) -> None:
        """Remove the lines."""
        self._write(f"\r{_TO_END_OF_SCREEN}{_SHOW_CURSOR}")

    def _write(self, text: str) -> None:
        self._terminal.file.write(text)
        self._terminal.file.flush()


def beside_bar(done: float, total: float, text: str) -> Table:
    """Put text beside a bar, in a line that is cut where the terminal ends."""
    bar = ProgressBar(
        total=total,
        completed=done,
        width=24,
        # In the colours of the terminal's own theme, and none that stands for an error.
        style="dim",
        complete_style="green",
        finished_style="green",
    )
    line = Table.grid(padding=(0, 2))
    line.add_column()
    line.add_column(no_wrap=True, overflow="ellipsis")
    line.add_row(bar, text)
    return line
