"""Computes what `molsteer simulate` was given, and tells how far it is."""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from molsteer.simulator.answers import Write
from molsteer.simulator.crew import Crew
from molsteer.simulator.inputs import Given
from molsteer.simulator.orders import NotComputed

_LINE_EVERY_S = 10.0


@dataclass(slots=True)
class Tally:
    """What became of the molecules so far.

    Attributes:
        failed: How many failed, by the code of their failure.
    """

    total: int
    computed: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    @property
    def done(self) -> int:
        """How many are written."""
        return self.computed + self.failed.total()

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {code}" for code, count in self.failed.most_common())
        failed = f", {self.failed.total()} failed ({kinds})" if kinds else ""
        return f"{self.computed} of {self.total} computed{failed}"


def compute_all(crew: Crew, molecules: Sequence[Given], write: Write, *, quiet: bool) -> Tally:
    """Write every molecule as it is done; what ends this early leaves what is written.

    Raises:
        UserError: If nothing can be computed here.
    """
    tally = Tally(len(molecules))
    console = Console(stderr=True, highlight=False, markup=False, quiet=quiet, soft_wrap=True)
    with unwinding(), _shown(console, tally) as show, closing(crew.compute(molecules)) as answers:
        for given, answer in answers:
            write(given, answer)
            if isinstance(answer, NotComputed):
                tally.failed[answer.error.code] += 1
            else:
                tally.computed += 1
            show()
    return tally


@contextmanager
def unwinding() -> Iterator[None]:
    """Let SIGTERM and a hang-up end what runs as Ctrl-C does, so that nothing stays behind."""
    heeded = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, _leave) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


@contextmanager
def _shown(console: Console, tally: Tally) -> Iterator[Callable[[], None]]:
    try:
        if console.is_terminal:
            with _bar(console, tally) as show:
                yield show
        else:
            yield _lines(console, tally)
    finally:
        console.print(f"{tally}.")


@contextmanager
def _bar(console: Console, tally: Tally) -> Iterator[Callable[[], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task("simulating", total=tally.total)

        def show() -> None:
            failed = f", {tally.failed.total()} failed" if tally.failed else ""
            progress.update(task, completed=tally.done, description=f"simulating{failed}")

        yield show


def _lines(console: Console, tally: Tally) -> Callable[[], None]:
    due_s = time.monotonic() + _LINE_EVERY_S

    def show() -> None:
        nonlocal due_s
        if time.monotonic() >= due_s and tally.done < tally.total:
            due_s = time.monotonic() + _LINE_EVERY_S
            console.print(f"{tally}.")

    return show
