"""What a piece of work spent its time on, stage by stage, as whoever does it names them.

    with stage("neutral relaxation"):
        ...

Nothing happens unless somebody keeps the stages; a program that marks them need not know who.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

MOST_STAGES = 64
"""How many stages of a piece of work are kept; those that begin later are not."""

MOST_CHARACTERS = 100
"""How long the name of a stage may be; what is longer is cut."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A stage that has ended, well or not.

    Attributes:
        name: What was done.
        after_s: From the beginning of the work to that of the stage.
        duration_s: How long the stage took, those within it included.
    """

    name: str
    after_s: float
    duration_s: float


@dataclass
class Stages:
    """The stages of one piece of work.

    Attributes:
        _began: When the work began, by the clock that nobody sets.
    """

    _began: float = field(default_factory=time.perf_counter)
    _ended: list[Timed] = field(default_factory=list)
    _begun: int = 0

    @property
    def ended(self) -> tuple[Timed, ...]:
        """Give the stages in the order in which they began."""
        return tuple(sorted(self._ended, key=lambda timed: (timed.after_s, -timed.duration_s)))

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Time a stage, whether it ends well or raises."""
        began = time.perf_counter()
        self._begun += 1
        kept = self._begun <= MOST_STAGES
        try:
            yield
        finally:
            if kept:
                took_s = time.perf_counter() - began
                self._ended.append(Timed(name[:MOST_CHARACTERS], began - self._began, took_s))


_kept: ContextVar[Stages | None] = ContextVar("stages", default=None)


@contextmanager
def keeping_stages() -> Iterator[Stages]:
    """Keep the stages of the work that is done in here, by this thread."""
    stages = Stages()
    token = _kept.set(stages)
    try:
        yield stages
    finally:
        _kept.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Mark what is done in here as a stage of the work; stages may lie within each other."""
    stages = _kept.get()
    if stages is None:
        yield
        return
    with stages.timed(name):
        yield
