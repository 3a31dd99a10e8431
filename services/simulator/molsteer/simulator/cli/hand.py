"""One process that computes molecules, as the process that started it sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, cast

from molsteer.shared.errors import UserError
from molsteer.shared.worker.failures import describe
from molsteer.simulator.cli.inputs import Given
from molsteer.simulator.cli.orders import ANSWER, READY, Answer, NotComputed, Order
from molsteer.simulator.errors import EngineCrashed, TimeLimit


@dataclass(slots=True, eq=False)
class Hand:
    """A process with one method; it works on one molecule after another.

    Attributes:
        given: The molecule it works on, None while it has none.
        alive: Whether it can take another one.
    """

    method: str
    given: Given | None = None
    alive: bool = True
    _limit_s: float = 0.0
    _ends_at_s: float = float("inf")
    _complaints: IO[bytes] = field(default_factory=TemporaryFile)
    _process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "molsteer.simulator.cli.child", self.method],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            start_new_session=True,  # Ctrl-C is for whoever asked
        )

    def fileno(self) -> int:
        """Give what becomes readable when there is something to hear."""
        return self._answers.fileno()

    @property
    def remaining_s(self) -> float:
        """Seconds after which it is overdue."""
        return self._ends_at_s - time.monotonic()

    def take(self, given: Given, order: Order) -> None:
        """Begin with a molecule."""
        self.given, self._limit_s = given, order.limit_s
        self._ends_at_s = time.monotonic() + order.limit_s
        with suppress(BrokenPipeError):  # its end is heard soon
            self._orders.write(order.model_dump_json().encode() + b"\n")
            self._orders.flush()

    def hear(self) -> tuple[Given, Answer] | None:
        """Hear what it has to say, or end it if it is overdue; nothing if it has just begun.

        Raises:
            UserError: If it died before it could do anything.
        """
        given, self.given = self.given, None
        if given is None:
            if self._answers.readline() == READY:
                return None
            self.end()
            raise UserError(f"Nothing can be computed here: {self._last_words()}")
        if self.remaining_s <= 0:
            self.end()
            late = TimeLimit(given.smiles, "in the middle of a step", self._limit_s)
            return given, NotComputed(error=describe(late), mendable=False)
        self._ends_at_s = float("inf")
        line = self._answers.readline()
        if line.endswith(b"\n"):
            return given, ANSWER.validate_json(line)
        died = EngineCrashed(given.smiles, self._manner(self.end()))
        return given, NotComputed(error=describe(died), mendable=False)

    def end(self) -> int:
        """End it, with all that it started, and tell its status as `Popen` does."""
        if self.alive:  # afterwards, its number may be another's
            self.alive = False
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.wait()

    def close(self) -> None:
        """End it and let go of its pipes."""
        self.end()
        for pipe in (self._orders, self._answers, self._complaints):
            with suppress(BrokenPipeError):
                pipe.close()

    @property
    def _orders(self) -> IO[bytes]:
        return cast("IO[bytes]", self._process.stdin)

    @property
    def _answers(self) -> IO[bytes]:
        return cast("IO[bytes]", self._process.stdout)

    def _last_words(self) -> str:
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")

    def _manner(self, status: int) -> str:
        if status >= 0:
            return f"exit status {status} ({self._last_words()})"
        with suppress(ValueError):
            return signal.Signals(-status).name
        return f"signal {-status}"
