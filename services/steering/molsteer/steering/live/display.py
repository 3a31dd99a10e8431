"""Shows a campaign's progress: a live view on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group
from rich.text import Text

from molsteer.shared.cli.screen.in_place import InPlace, beside_bar
from molsteer.shared.cli.screen.terminal import Terminal
from molsteer.shared.cli.screen.time_left import SteadyTimeLeft, in_round_numbers
from molsteer.shared.foreign_text import one_line
from molsteer.steering.live.describing import describe, short
from molsteer.steering.records.progress import Progress

LINE_EVERY_S = 15.0


class LiveDisplay:
    """Three lines that renew themselves in place, each cut where the terminal ends."""

    def __init__(self, terminal: Terminal) -> None:
        self._lines = InPlace(terminal)
        self._left = SteadyTimeLeft()

    def show(self, progress: Progress, now: float) -> None:
        """Redraw."""
        left_s = self._left.follow(progress.left_s, now)
        self._lines.draw(_view(progress, left_s))

    def say(self, sentence: str) -> None:
        """Print above the lines."""
        self._lines.say(one_line(sentence))

    def close(self) -> None:
        """Remove the lines."""
        self._lines.close()


class LineDisplay:
    """A line of text from time to time."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._left = SteadyTimeLeft()
        self._shown_at = float("-inf")
        self._shown: Progress | None = None

    def show(self, progress: Progress, now: float) -> None:
        """Print a line if there is news and the last one is some time ago."""
        left_s = self._left.follow(progress.left_s, now)
        if now - self._shown_at < LINE_EVERY_S or progress == self._shown:
            return
        self._shown_at, self._shown = now, progress
        self._print(" | ".join(describe(progress, left_s)))

    def say(self, sentence: str) -> None:
        """Print at once."""
        self._print(one_line(sentence))

    def close(self) -> None:
        """Nothing is to be left."""

    def _print(self, line: str) -> None:
        self._terminal.print(line, soft_wrap=True)


class QuietDisplay(LineDisplay):
    """Shows nothing but what a person has to see."""

    def show(self, progress: Progress, now: float) -> None:
        """Keep quiet."""


def _view(progress: Progress, left_s: float | None) -> Group:
    first = beside_bar(progress.done, progress.budget, "  ".join(_pace(progress, left_s)))
    return Group(first, _cut("  ".join(_found(progress))), _cut("  ".join(_doing(progress))))


def _pace(progress: Progress, left_s: float | None) -> Iterator[str]:
    yield f"{progress.done:{len(str(progress.budget))}}/{progress.budget} simulated"
    if progress.rate_per_min is not None and left_s:
        yield f"{progress.rate_per_min:4.0f}/min"
        yield f"{in_round_numbers(left_s)} left"


def _found(progress: Progress) -> Iterator[str]:
    """Give fields that keep their places, and at the end what may be cut."""
    best = "    -   " if progress.best is None else f"{short(progress.best):>8}"
    yield f"best {best}"
    if progress.hits is not None:
        yield f"hits {progress.hits:4}"
    if progress.validation_mae is None:
        yield f"{'model  -':23}"
    else:
        yield f"model {progress.generation:2}, error {short(progress.validation_mae)}"
    yield one_line(progress.best_smiles or "")


def _doing(progress: Progress) -> Iterator[str]:
    yield f"{progress.in_flight} in flight"
    if progress.given_up:
        yield f"{progress.given_up} given up"
    yield one_line(progress.activity)


def _cut(line: str) -> Text:
    return Text(line.rstrip(), no_wrap=True, overflow="ellipsis")
