"""Does to a site what a schedule says, and undoes it when its time is over."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence

from chaos.faults import FAULTS
from chaos.schedule import Kind, Strike
from chaos.site import Site


class Nemesis:
    """Injects faults.

    Args:
        site: The victim.
        strikes: What to do, in the order of their times.
        tell: Hears of each fault.

    Attributes:
        injected: How many faults of each kind were done.
    """

    def __init__(self, site: Site, strikes: Sequence[Strike], tell: Callable[[str], None]) -> None:
        self.injected: Counter[Kind] = Counter()
        self._site, self._strikes, self._tell = site, deque(strikes), tell
        self._undoings: list[tuple[float, Callable[[], None]]] = []
        self._began_s = time.monotonic()

    def act(self) -> None:
        """Do and undo what is due by now."""
        now_s = time.monotonic() - self._began_s
        self._relent(now_s)
        while self._strikes and self._strikes[0].at_s <= now_s:
            self._strike(self._strikes.popleft(), now_s)

    def end(self) -> None:
        """Undo everything that lasts, and set the clocks right."""
        self._relent(float("inf"))
        for clock in (self._site.steering_clock, *(post.clock for post in self._site.posts)):
            clock.set_ahead(0.0)

    def _strike(self, strike: Strike, now_s: float) -> None:
        injury = FAULTS[strike.kind](self._site, strike)
        if injury is None:
            return
        self._tell_of(strike, injury.words)
        self._undoings.append((now_s + strike.lasts_s, injury.undo))

    def _tell_of(self, strike: Strike, words: str) -> None:
        self.injected[strike.kind] += 1
        lasts = f" for {strike.lasts_s:.1f} s" if strike.lasts_s else ""
        self._tell(f"{strike.at_s:6.1f} s  {strike.kind}: {words}{lasts}")

    def _relent(self, now_s: float) -> None:
        due = [undo for until_s, undo in self._undoings if until_s <= now_s]
        self._undoings = [undoing for undoing in self._undoings if undoing[0] > now_s]
        for undo in due:
            undo()
