"""Puts the chunks of the search space into their store before anybody asks, and says that it did.

Workers far away then fetch them while the first simulations run. Nothing depends on it: what was
not put is put for the task that needs it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from molsteer.shared.bus.port import Dispatch
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.wire.blob import ObjRef, Transfer
from molsteer.steering.loop.dispatching import Dispatching
from molsteer.steering.policy.commands import Dispatch as Command
from molsteer.steering.policy.commands import DispatchInference, DispatchPrediction
from molsteer.steering.policy.state import State

log = logging.getLogger(__name__)

WITHIN_S = 0.1
"""How long one step of the campaign is held up, and one chunk longer."""

AGAIN_AFTER_S = 30.0
"""When it tries again after a store or the server did not take part."""


@dataclass
class ForeseenChunks:
    """Foresees what scoring will read.

    Attributes:
        clock: Gives seconds that only grow.
        _refs: What is put already, in the order of the space.
        _told: Whether steering has said so.
        _of: Which memory of what was put `_refs` belong to.
        _early: What moved for chunks that no task has read yet.
    """

    bus: Dispatch
    dispatching: Dispatching
    clock: Callable[[], float] = monotonic
    _refs: list[ObjRef] = field(init=False, default_factory=list)
    _next: int = field(init=False, default=0)
    _told: bool = field(init=False, default=False)
    _of: int = field(init=False, default=-1)
    _not_before_s: float = field(init=False, default=0.0)
    _early: dict[int, tuple[Transfer, ...]] = field(init=False, default_factory=dict)

    def go_on(self, state: State) -> None:
        """Put some chunks more, if models will score them and workers keep what they read."""
        if self._of != self.dispatching.forgotten:  # the space may have grown, or data is lost
            self._refs, self._next, self._told = [], 0, False
            self._of = self.dispatching.forgotten
        if self._told or not self._is_of_use(state) or self.clock() < self._not_before_s:
            return
        try:
            self._put_some(state.plan.chunks)
        except ServiceUnavailable as error:
            log.info("Data is not put in advance now: %s", error)
            self._not_before_s = self.clock() + AGAIN_AFTER_S

    def take_transfers(self, command: Command) -> tuple[Transfer, ...]:
        """Tell what was put in advance for the first task that reads it."""
        if isinstance(command, DispatchInference | DispatchPrediction):
            return self._early.pop(command.chunk, ())
        return ()

    def _is_of_use(self, state: State) -> bool:
        plan, store = state.plan, self.dispatching.settings.stores.infer
        will_score = plan.slots_infer > 0 and (plan.slots_train > 0 or bool(state.given))
        # What is in a folder or in messages is kept by nobody.
        return will_score and store not in {"file", "none"} and not state.stopping

    def _put_some(self, chunks: int) -> None:
        until_s = self.clock() + WITHIN_S
        while self._next < chunks and self.clock() <= until_s:
            put = self.dispatching.put_chunk(self._next)
            self._refs += [blob for blob in put if isinstance(blob, ObjRef)]
            self._early[self._next] = self.dispatching.blobs.take_transfers()
            self._next += 1
        if self._next >= chunks:
            self.bus.foresee("infer", self._refs)
            self._told = True
            log.info("Told what scoring will read.", extra={"blobs": len(self._refs)})
