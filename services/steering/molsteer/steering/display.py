"""Shows a campaign's progress: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from molsteer.steering.counted import counted
from molsteer.steering.progress import Progress
from molsteer.steering.titles import title

LINE_EVERY_S = 15.0


class Display(Protocol):
    """Follows a campaign."""

    def show(self, progress: Progress, now: float) -> None:
        """Take note of the newest progress."""
        ...

    def say(self, sentence: str) -> None:
        """Tell something that must not be missed."""
        ...

    def close(self) -> None:
        """Leave the screen as a person wants to find it."""
        ...


class LiveDisplay:
    """A line that renews itself, folded where the terminal is narrow."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, refresh_per_second=4, transient=True)
        self._live.start()

    def show(self, progress: Progress, now: float) -> None:  # noqa: ARG002 - it redraws always
        """Redraw."""
        bar = ProgressBar(total=progress.budget, completed=progress.done, width=24)
        line = Table.grid(padding=(0, 1))
        line.add_row(bar, Text(" | ", "dim").join(map(Text, describe(progress))))
        self._live.update(line)

    def say(self, sentence: str) -> None:
        """Print above the line."""
        self._live.console.print(sentence, style="yellow", markup=False, soft_wrap=True)

    def close(self) -> None:
        """Remove the line."""
        self._live.stop()


class LineDisplay:
    """A line of text from time to time."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown_at = float("-inf")
        self._shown: Progress | None = None

    def show(self, progress: Progress, now: float) -> None:
        """Print a line if there is news and the last one is some time ago."""
        if now - self._shown_at < LINE_EVERY_S or progress == self._shown:
            return
        self._shown_at, self._shown = now, progress
        self._print(" | ".join(describe(progress)))

    def say(self, sentence: str) -> None:
        """Print at once."""
        self._print(sentence)

    def close(self) -> None:
        """Nothing is to be left."""

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True, highlight=False)


class QuietDisplay(LineDisplay):
    """Nothing but what must not be missed."""

    def show(self, progress: Progress, now: float) -> None:
        """Keep quiet."""


def describe(progress: Progress) -> list[str]:
    """Tell a campaign's progress in a few short parts."""
    parts = [
        f"{progress.done}/{progress.budget} simulated, {progress.in_flight} in flight",
        counted(progress.hits, "hit"),
    ]
    if progress.best_eV is not None:
        name = title(progress.best_own)
        named = f" ({name})" if name else ""
        parts.append(f"best {progress.best_eV:.2f} eV {progress.best_smiles}{named}")
    parts.append(progress.activity)
    if progress.validation_mae_eV is not None:
        parts.append(f"model {progress.generation}, error {progress.validation_mae_eV:.2f} eV")
    if progress.given_up:
        parts.append(f"{progress.given_up} given up")
    if progress.rate_per_min is not None and progress.left_s is not None:
        parts.append(f"{progress.rate_per_min:.0f}/min, {_duration(progress.left_s)} left")
    return parts


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
