"""Decides when somebody has to be told; knows neither clock nor network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from molsteer.steering.settings.notify import EventName


class Sign(NamedTuple):
    """Something to tell."""

    event: EventName
    reason: str


@dataclass
class Watch:
    """Tells each trouble once, when it has lasted, and that it is over; the end once.

    Attributes:
        patience_s: How long trouble lasts before it is told.
    """

    patience_s: float
    _since: dict[EventName, float] = field(default_factory=dict)
    _told: dict[EventName, str] = field(default_factory=dict)
    _ended: bool = False

    def look(
        self, now: float, finished: str | None, troubles: Mapping[EventName, str]
    ) -> Iterator[Sign]:
        """Tell what is due.

        Args:
            now: Seconds on a clock that nobody sets.
            finished: Why the campaign has ended, None while it goes on.
            troubles: What keeps it from going on now, in a sentence each.
        """
        for event in [*self._since]:
            if event not in troubles:
                del self._since[event]
                if event in self._told:
                    yield Sign("recovered", f"over: {event}")
                    del self._told[event]
        for event, sentence in troubles.items():
            since = self._since.setdefault(event, now)
            if event not in self._told and now - since >= self.patience_s:
                self._told[event] = sentence
                yield Sign(event, sentence)
        if finished is not None and not self._ended:
            self._ended = True
            yield Sign("failing" if finished == "failing" else "ended", finished)
