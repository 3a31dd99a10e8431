"""How far a build has come, for whoever wants to see it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

_LINE_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build has come.

    Attributes:
        rows: Rows dealt with.
        molecules: Rows that are in the space.
        bytes_read: Bytes of the sources read, as they lie on disk; runs a little ahead of `rows`.
        bytes_total: Bytes of all sources.
    """

    rows: int
    molecules: int
    bytes_read: int
    bytes_total: int


def ignore(progress: Progress) -> None:
    """Show nothing."""


@contextmanager
def shown(console: Console) -> Iterator[Callable[[Progress], None]]:
    """Show a bar on a terminal, and a line every ten seconds elsewhere."""
    if console.is_terminal:
        with ProgressBar(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        ) as bar:
            yield _on_bar(bar)
    else:
        yield _in_lines(console)


def _on_bar(bar: ProgressBar) -> Callable[[Progress], None]:
    started_at = time.monotonic()
    task = bar.add_task("reading")

    def show(progress: Progress) -> None:
        bar.update(
            task,
            description=_describe(progress, time.monotonic() - started_at),
            completed=progress.bytes_read,
            total=progress.bytes_total,
        )

    return show


def _in_lines(console: Console) -> Callable[[Progress], None]:
    started_at = shown_at = time.monotonic()

    def show(progress: Progress) -> None:
        nonlocal shown_at
        now = time.monotonic()
        if now - shown_at >= _LINE_EVERY_S:
            shown_at = now
            percent = 100 * progress.bytes_read // max(progress.bytes_total, 1)
            text = f"{_describe(progress, now - started_at)}, {percent} % of the input"
            console.print(text, highlight=False, soft_wrap=True)

    return show


def _describe(progress: Progress, elapsed_s: float) -> str:
    rate = progress.rows / elapsed_s if elapsed_s else 0.0
    return f"{progress.molecules:,} molecules, {rate:,.0f} rows/s"
