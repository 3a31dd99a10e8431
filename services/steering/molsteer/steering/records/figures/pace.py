"""How fast simulations settle, and when the rest would be done at that pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from molsteer.steering.ledger.ledger import Ledger

RATE_FROM = 10
"""Simulations of a session before which chance makes the rate."""

RATE_OVER, RATE_OVER_AT_MOST = 30, 1000
"""The rate is taken over the last half of a session's simulations, within these limits."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The simulations of a session that succeeded.

    Attributes:
        settled: How many they are.
        begun_at: When the first one began, in seconds of the Unix epoch.
        times: When the latest of them settled, in order: as many as any rate looks back to.
    """

    settled: int
    begun_at: float
    times: Sequence[float]

    def rate_per_s(self, now: float) -> float | None:
        """Give the rate of the latest ones; None where there are too few."""
        return self._rate_per_s(self.settled, now)

    def left_s(self, wanted: int, now: float) -> float | None:
        """Estimate when as many more as are wanted are done; None where there is no rate.

        Simulations settle in bursts, and slower while models learn, so that one moment says little:
        this is the mean of the ends that were foreseen whenever one of the last half settled.
        """
        rate = self.rate_per_s(now)
        if rate is None or wanted <= 0:
            return None if rate is None else 0.0
        ends = [now + wanted / rate]
        first_known = self.settled - len(self.times) + 1
        for place in range(max(RATE_FROM, self.settled // 2, first_known), self.settled + 1):
            at = self._time(place)
            before = None if at is None else self._rate_per_s(place, at)
            if at is not None and before is not None:
                ends.append(at + (wanted + self.settled - place) / before)
        return max(0.0, sum(ends) / len(ends) - now)

    def _rate_per_s(self, settled: int, now: float) -> float | None:
        """Give the rate when so many had settled."""
        if settled < RATE_FROM:
            return None
        counted = min(settled, RATE_OVER_AT_MOST, max(RATE_OVER, settled // 2))
        # Loading is over when the first one starts.
        since = self.begun_at if counted == settled else self._time(settled - counted)
        return counted / (now - since) if since is not None and now > since else None

    def _time(self, place: int) -> float | None:
        """Tell when the simulation of a place settled, from 1; None if it is too long ago."""
        index = place - 1 - (self.settled - len(self.times))
        return self.times[index] if index >= 0 else None


def read_pace(ledger: Ledger) -> Pace:
    """Read the pace of this session of steering."""
    session = ledger.fact("session") or 0.0
    of_session = "FROM task WHERE topic = 'simulate' AND status = 'ok' AND settled_at >= ?"
    (settled,) = ledger.connection.execute(f"SELECT count(*) {of_session}", (session,)).fetchone()
    latest = ledger.connection.execute(
        f"SELECT settled_at {of_session} ORDER BY settled_at DESC LIMIT ?",
        (session, 2 * RATE_OVER_AT_MOST + 1),
    )
    times = [at for (at,) in latest][::-1]
    # The clocks of workers may be wrong.
    first = ledger.connection.execute(
        f"SELECT min(max(started_at, ?), settled_at) {of_session} ORDER BY settled_at LIMIT 1",
        (session, session),
    ).fetchone()
    return Pace(settled, first[0] if first else 0.0, times)
