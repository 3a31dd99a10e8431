"""The policy: one pure function from what happened to what is to be done.

It has no clock, no chance and no input or output: the same events give the same decisions, live,
replayed after a crash, or on a virtual clock.
"""

from __future__ import annotations

from collections.abc import Callable

from molsteer.steering.policy.absorb import absorb
from molsteer.steering.policy.commands import Command
from molsteer.steering.policy.events import Event, PlanChanged, Resumed, RetryRequested
from molsteer.steering.policy.rules import (
    act_when_starved,
    dispatch_simulation,
    finish_when_decided,
)
from molsteer.steering.policy.state import State, Step
from molsteer.steering.policy.updates import (
    begin_due_update,
    conclude_scoring,
    conclude_training,
    dispatch_inference,
    dispatch_prediction,
    dispatch_training,
    drop_useless_update,
)

Rule = Callable[[State], Step | None]

ENDING: tuple[Rule, ...] = (
    finish_when_decided,
    conclude_training,
    conclude_scoring,
    drop_useless_update,
)
"""The rules of a campaign that is paused."""

RULES: tuple[Rule, ...] = (
    *ENDING,
    dispatch_simulation,
    begin_due_update,
    dispatch_training,
    dispatch_prediction,
    dispatch_inference,
    act_when_starved,
)
"""In order; a rule may rely on those before it having nothing to do.

An update is concluded before it could be dropped. Simulations come before updates, so that one
begins only if the free slots leave it something to choose; where refilling waits for updates, it
waits for one that is due as well.
"""


def decide(state: State, event: Event) -> tuple[State, tuple[Command, ...]]:
    """Note an event, then follow the rules until none has anything to do.

    Args:
        state: The state after the event before, or `State.fresh` for the first one.
        event: What happened. After the end nothing counts but `Resumed`, `PlanChanged` and
            `RetryRequested`, which open the campaign again; where the reason of the end still
            holds, it ends at once.

    Returns:
        The state after the event, and what is to be done, in order.

    Raises:
        PolicyDefect: If the first event is not `Began`, or a later one is.
    """
    if state.finished and not isinstance(event, Resumed | PlanChanged | RetryRequested):
        return state, ()
    state = absorb(state, event)
    commands: list[Command] = []
    while not state.finished and (step := _next_step(state)):
        state, asked = step
        commands += asked
    return state, tuple(commands)


def _next_step(state: State) -> Step | None:
    for rule in ENDING if state.paused else RULES:
        if step := rule(state):
            return step
    return None
