"""How far a build has come, for whoever wants to see it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from molsteer.shared.cli.screen.in_place import InPlace, beside_bar
from molsteer.shared.cli.screen.terminal import Terminal
from molsteer.shared.cli.screen.time_left import SteadyTimeLeft, in_round_numbers
from molsteer.steering.space.progress import Progress

_BAR_EVERY_S, _LINE_EVERY_S = 0.25, 10.0


@contextmanager
def shown(terminal: Terminal) -> Iterator[Callable[[Progress], None]]:
    """Show a bar on a terminal, and a line every ten seconds elsewhere."""
    if terminal.renews:
        lines = InPlace(terminal)
        try:
            yield _on_bar(lines)
        finally:
            lines.close()
    else:
        yield _in_lines(terminal)


@dataclass
class _Stage:
    """What is under way, the reading of molecules or the computation of features."""

    started_at: float
    features: bool = False
    left: SteadyTimeLeft = field(default_factory=SteadyTimeLeft)
    followed_at: float | None = None

    def follow(self, progress: Progress, now: float) -> _Stage:
        """Give this stage, or the next one, which began when this one was last heard of."""
        stage = self
        if self.features != progress.features:
            stage = _Stage(self.followed_at or self.started_at, progress.features)
        stage.followed_at = now
        return stage


def _on_bar(lines: InPlace) -> Callable[[Progress], None]:
    stage, shown_at = _Stage(time.monotonic()), float("-inf")

    def show(progress: Progress) -> None:
        nonlocal shown_at, stage
        now = time.monotonic()
        stage = stage.follow(progress, now)
        if now - shown_at < _BAR_EVERY_S:
            return
        shown_at, elapsed_s = now, now - stage.started_at
        bytes_left = progress.bytes_total - progress.bytes_read
        rate = progress.bytes_read / elapsed_s if elapsed_s else 0.0
        left_s = stage.left.follow(bytes_left / rate if rate and elapsed_s > 1.0 else None, now)
        told = [f"{_percent(progress):>5}", _describe(progress, elapsed_s)]
        told += [] if left_s is None else [f"{in_round_numbers(left_s)} left"]
        lines.draw(beside_bar(progress.bytes_read, progress.bytes_total, "  ".join(told)))

    return show


def _in_lines(terminal: Terminal) -> Callable[[Progress], None]:
    stage = _Stage(time.monotonic())
    shown_at = stage.started_at

    def show(progress: Progress) -> None:
        nonlocal shown_at, stage
        now = time.monotonic()
        stage = stage.follow(progress, now)
        if now - shown_at >= _LINE_EVERY_S:
            shown_at = now
            whole = "molecules" if progress.features else "input"
            done = _describe(progress, now - stage.started_at)
            text = f"{done}, {_percent(progress)} of the {whole}"
            terminal.print(text, soft_wrap=True)

    return show


def _percent(progress: Progress) -> str:
    return f"{100 * progress.bytes_read // max(progress.bytes_total, 1)} %"


def _describe(progress: Progress, elapsed_s: float) -> str:
    rate = progress.rows / elapsed_s if elapsed_s else 0.0
    if progress.features:
        return f"features of {progress.molecules:,} molecules, {rate:,.0f}/s"
    return f"{progress.molecules:,} molecules, {rate:,.0f} rows/s"
