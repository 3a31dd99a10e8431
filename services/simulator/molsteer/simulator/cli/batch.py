"""Computes what `molsteer simulate` was given, and tells how far it is."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from molsteer.shared.cli.screen.in_place import InPlace, beside_bar
from molsteer.shared.cli.screen.terminal import Terminal
from molsteer.shared.cli.screen.time_left import SteadyTimeLeft, in_round_numbers
from molsteer.shared.host.interrupts import tidy_up_on_terminate
from molsteer.simulator.cli.answers import Write
from molsteer.simulator.cli.crew import Crew
from molsteer.simulator.cli.inputs import Given
from molsteer.simulator.cli.orders import NotComputed

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
    terminal = Terminal(stderr=True, quiet=quiet)
    tidy_up_on_terminate()
    with _shown(terminal, tally) as show, closing(crew.compute(molecules)) as answers:
        for given, answer in answers:
            write(given, answer)
            if isinstance(answer, NotComputed):
                tally.failed[answer.error.code] += 1
            else:
                tally.computed += 1
            show()
    return tally


@contextmanager
def _shown(terminal: Terminal, tally: Tally) -> Iterator[Callable[[], None]]:
    try:
        if terminal.renews:
            lines = InPlace(terminal)
            try:
                yield _on_bar(lines, tally)
            finally:
                lines.close()
        else:
            yield _in_lines(terminal, tally)
    finally:
        terminal.print(f"{tally}.", soft_wrap=True)


def _on_bar(lines: InPlace, tally: Tally) -> Callable[[], None]:
    started_s = time.monotonic()
    left = SteadyTimeLeft()

    def show() -> None:
        now = time.monotonic()
        each_s = (now - started_s) / max(tally.done, 1)
        left_s = left.follow((tally.total - tally.done) * each_s, now)
        told = str(tally) if left_s is None else f"{tally}, {in_round_numbers(left_s)} left"
        lines.draw(beside_bar(tally.done, tally.total, told))

    return show


def _in_lines(terminal: Terminal, tally: Tally) -> Callable[[], None]:
    due_s = time.monotonic() + _LINE_EVERY_S

    def show() -> None:
        nonlocal due_s
        if time.monotonic() >= due_s and tally.done < tally.total:
            due_s = time.monotonic() + _LINE_EVERY_S
            terminal.print(f"{tally}.", soft_wrap=True)

    return show
