"""Processes that compute molecules, each watched: none outlives its time, and none dies unheard.

Libraries cannot be interrupted, and some take their process down. So each molecule is computed in a
process that can be killed, and watched by one that loads no chemistry.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from selectors import EVENT_READ, DefaultSelector
from tempfile import TemporaryDirectory

from molsteer.shared.wire.specs import SimulationSpec
from molsteer.simulator.cli.hand import Hand
from molsteer.simulator.cli.inputs import Given
from molsteer.simulator.cli.orders import Answer, Order


@dataclass(frozen=True, slots=True)
class Crew:
    """Computes molecules at the same time.

    Attributes:
        spec: How to compute.
        wanted: What to compute; see `Order`.
        limit_s: Wall-clock time for each molecule.
        size: Processes at most.
    """

    spec: SimulationSpec
    wanted: dict[str, str | None]
    limit_s: float
    size: int

    def compute(self, molecules: Sequence[Given]) -> Generator[tuple[Given, Answer], None, None]:
        """Answer molecules as they are done; when the asking ends, so do the processes.

        Raises:
            UserError: If no process can compute anything.
        """
        waiting = deque(molecules)
        with ExitStack() as stack:
            scratch = stack.enter_context(TemporaryDirectory(prefix="molsteer-simulate-"))
            hands = stack.enter_context(DefaultSelector())
            for _ in range(min(self.size, len(waiting))):
                self._hire(hands, stack)
            while hands.get_map():
                for hand in _attended(hands):
                    heard = hand.hear()
                    if hand.alive and waiting:
                        given = waiting.popleft()
                        hand.take(given, self._order(given, scratch))
                    else:
                        hands.unregister(hand)
                        hand.close()
                        if waiting:
                            self._hire(hands, stack)
                    if heard:
                        yield heard

    def _hire(self, hands: DefaultSelector, stack: ExitStack) -> None:
        hand = Hand(self.spec.method)
        stack.callback(hand.close)
        hands.register(hand, EVENT_READ, hand)

    def _order(self, given: Given, scratch: str) -> Order:
        return Order(
            smiles=given.smiles,
            spec=self.spec,
            wanted=self.wanted,
            scratch=scratch,
            limit_s=self.limit_s,
        )


def _attended(hands: DefaultSelector) -> list[Hand]:
    """Wait until some hands have something to say, or are overdue."""
    all_hands: list[Hand] = [key.data for key in hands.get_map().values()]
    first_s = min(hand.remaining_s for hand in all_hands)
    heard = hands.select(None if first_s == float("inf") else max(first_s, 0.0))
    speaking = {key.data for key, _ in heard}
    return [hand for hand in all_hands if hand in speaking or hand.remaining_s <= 0]
