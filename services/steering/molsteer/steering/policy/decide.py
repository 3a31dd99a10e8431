"""The policy: one pure function from what happened to what is to be done.

It has no clock, no chance and no input or output: the same events give the same decisions, live,
replayed after a crash, or on a virtual clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from molsteer.steering.policy.absorb import absorb
from molsteer.steering.policy.commands import Command
from molsteer.steering.policy.events import (
    Addition,
    Event,
    PlanChanged,
    Resumed,
    RetryRequested,
)
from molsteer.steering.policy.ladder import dispatch_promotion, take_back_surplus
from molsteer.steering.policy.rules import (
    act_when_starved,
    dispatch_attempt,
    dispatch_simulation,
    finish_when_decided,
)
from molsteer.steering.policy.settle import lasting
from molsteer.steering.policy.state import Scoring, State, Step, Training
from molsteer.steering.policy.updates import (
    begin_due_update,
    conclude_scoring,
    conclude_training,
    dispatch_inference,
    dispatch_prediction,
    dispatch_training,
    drop_useless_update,
)
from molsteer.steering.policy.values.frozen import value


@value(frozen=True, slots=True)
class Decision:
    """What an event led to.

    Attributes:
        state: The state after it.
        kept_event: The event as the journal has to hold it, without what never counted; deciding
            about it again gives the same state and the same commands.
        commands: What is to be done, in order.
    """

    state: State
    kept_event: Event
    commands: tuple[Command, ...]


_OPENING = Resumed | PlanChanged | RetryRequested | Addition

Rule = Callable[[State], Step | None]

ENDING: tuple[Rule, ...] = (
    finish_when_decided,
    take_back_surplus,
    conclude_training,
    conclude_scoring,
    drop_useless_update,
)
"""The rules of a campaign that is paused."""

RULES: tuple[Rule, ...] = (
    *ENDING,
    dispatch_attempt,
    dispatch_promotion,
    dispatch_simulation,
    begin_due_update,
    dispatch_training,
    dispatch_prediction,
    dispatch_inference,
    act_when_starved,
)
"""In order; a rule may rely on those before it having nothing to do.

An update is concluded before it could be dropped. A free place goes to a further attempt
first, then to a molecule that climbs, neither of which waits for a model, then to a new one. That
comes before updates, so that one begins only if the free slots leave it something to choose; where
refilling waits for updates, it waits for one that is due as well.
"""

_IDLE = {
    type(None): {
        conclude_training,
        conclude_scoring,
        drop_useless_update,
        dispatch_training,
        dispatch_prediction,
        dispatch_inference,
    },
    Training: {conclude_scoring, begin_due_update, dispatch_inference, act_when_starved},
    Scoring: {
        conclude_training,
        begin_due_update,
        dispatch_training,
        dispatch_prediction,
        act_when_starved,
    },
}
"""Rules that have nothing to do in a phase of updates; not to ask them saves a third of them."""


def _of_phases(rules: tuple[Rule, ...]) -> Mapping[type, tuple[Rule, ...]]:
    return {phase: tuple(each for each in rules if each not in _IDLE[phase]) for phase in _IDLE}


_ENDING_IN, _RULES_IN = _of_phases(ENDING), _of_phases(RULES)
"""The rules to ask in each phase."""


def decide(state: State, event: Event) -> Decision:
    """Note an event, then follow the rules until none has anything to do.

    Args:
        state: The state after the event before, or `State.fresh` for the first one.
        event: What happened. After the end nothing counts but `Resumed`, `PlanChanged`,
            `RetryRequested` and additions, which open the campaign again; where the reason of the
            end still holds, it ends at once.

    Raises:
        PolicyDefect: If the first event is not `Began`, or a later one is.
    """
    settled = _noted(state, event)
    after, commands = _follow_rules(settled)
    return Decision(after, lasting(event, state, settled), commands)


def answer(state: State, event: Event) -> Step:
    """Decide where no journal is kept: the same state and the same commands, for less."""
    return _follow_rules(_noted(state, event))


def _noted(state: State, event: Event) -> State:
    if state.finished and not isinstance(event, _OPENING):
        return state
    return absorb(state, event)


def _follow_rules(state: State) -> Step:
    commands: list[Command] = []
    while not state.finished and (step := _next_step(state)):
        state, asked = step
        commands += asked
    return state, tuple(commands)


def _next_step(state: State) -> Step | None:
    rules = _ENDING_IN if state.paused else _RULES_IN
    for rule in rules[type(state.update)]:
        if step := rule(state):
            return step
    return None
