"""What an event changes by itself, before any rule is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from rpds import HashTrieSet

from molsteer.steering.policy.errors import PolicyDefect
from molsteer.steering.policy.events import (
    Addition,
    Began,
    Control,
    Event,
    LabelsAdded,
    Paused,
    PlanChanged,
    Resumed,
    RetryRequested,
    SlotsChanged,
    SpaceGrown,
    StopRequested,
    TaskEnded,
    Ticked,
)
from molsteer.steering.policy.plan import Plan, Topic
from molsteer.steering.policy.settle import settle
from molsteer.steering.policy.shortlist import Shortlist
from molsteer.steering.policy.state import Standing, State
from molsteer.steering.policy.tasks import tried_anew


def absorb(state: State, event: Event) -> State:
    """Note what happened.

    Raises:
        PolicyDefect: If the first event is not `Began`, or a later one is.
    """
    if isinstance(event, Began) == state.began:
        raise PolicyDefect(
            f"A journal holds `began` once, as its first event; `{event.kind}` at {event.at} came "
            f"{'after' if state.began else 'before'} it. Restore the ledger from a copy, or begin "
            f"the campaign anew in an empty run directory."
        )
    if isinstance(event, TaskEnded):
        return settle(state, event)
    match event:
        case Began(starters=starters, known=known):
            shortlist, chosen = Shortlist.of_starters(starters), HashTrieSet(known)
            return replace(state, began=True, shortlist=shortlist, chosen=chosen)
        case SlotsChanged(topic=topic, slots=slots):
            return replace(state, plan=_with_slots(state.plan, topic, slots))
        case Ticked():
            return state
        case _:
            return _obey(state, event)


def _obey(state: State, event: Control) -> State:
    match event:
        case PlanChanged(plan=plan):
            return replace(state, plan=plan, finished=None)
        case Paused():
            return replace(state, paused=True)
        case Resumed():
            return replace(_hopeful(state), paused=False, stopping=None)
        case StopRequested(now=now):
            return replace(state, stopping="now" if now else "gently")
        case RetryRequested(molecules=molecules):
            return _retry(state, molecules)
        case LabelsAdded() | SpaceGrown():
            return _with_more(state, event)
        case _:
            assert_never(event)


def _with_more(state: State, event: Addition) -> State:
    chosen = state.chosen.update(event.known)
    state = replace(state, chosen=chosen, finished=None)
    match event:
        case LabelsAdded(labels=labels):
            plan = replace(state.plan, known_labels=state.plan.known_labels + labels)
            return replace(state, plan=plan)
        case SpaceGrown(space_size=space_size):
            # Another order of chance begins, and no update has ranked what is new.
            control = replace(state.control, place=0)
            plan = replace(state.plan, space_size=space_size)
            return replace(state, plan=plan, control=control, chosen_before=0)
        case _:
            assert_never(event)


def _retry(state: State, molecules: tuple[int, ...]) -> State:
    levels = tuple(_retry_at(level, molecules) for level in state.levels)
    return state if levels == state.levels else _hopeful(replace(state, levels=levels))


def _retry_at(level: Standing, molecules: tuple[int, ...]) -> Standing:
    abandoned, simulations = level.abandoned, level.simulations
    for molecule in molecules:
        if task := abandoned.get(molecule):
            abandoned, simulations = abandoned.remove(molecule), tried_anew(simulations, task)
    return replace(level, abandoned=abandoned, simulations=simulations)


def _hopeful(state: State) -> State:
    """Forget earlier failures and the end, if there was one."""
    levels = tuple(replace(level, failures_in_a_row=0) for level in state.levels)
    return replace(state, levels=levels, finished=None)


def _with_slots(plan: Plan, topic: Topic, slots: int) -> Plan:
    match topic:
        case "simulate":
            return replace(plan, slots_simulate=slots)
        case "train":
            return replace(plan, slots_train=slots)
        case "infer":
            return replace(plan, slots_infer=slots)
        case _:
            assert_never(topic)
