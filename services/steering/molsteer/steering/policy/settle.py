"""What the outcome of a task changes.

Outcomes of tasks that are not in flight change nothing: repeated ones, late ones, and those of
updates that have ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import assert_never

from rpds import HashTrieSet

from molsteer.steering.policy.climbing import climbers, nominate, weigh
from molsteer.steering.policy.commands import (
    DispatchPrediction,
    DispatchSimulation,
    DispatchTraining,
)
from molsteer.steering.policy.events import (
    Candidate,
    ChunkPredicted,
    ChunkScored,
    Event,
    SimulationSucceeded,
    TaskEnded,
    TaskFailed,
    TrainingSucceeded,
)
from molsteer.steering.policy.plan import Plan
from molsteer.steering.policy.shortlist import best, best_first, contenders
from molsteer.steering.policy.state import Scoring, Standing, State, Training


def settle(state: State, event: TaskEnded) -> State:
    """Note how a task ended."""
    match event:
        case SimulationSucceeded():
            return _label(state, event)
        case TrainingSucceeded(task_id=task_id):
            return _keep_members(state, task_id)
        case ChunkPredicted(task_id=task_id):
            return _forget_prediction(state, task_id)
        case ChunkScored(task_id=task_id, candidates=candidates):
            return _rank(state, task_id, candidates)
        case TaskFailed(task_id=task_id, retryable=retryable):
            return _fail(state, task_id, retryable)
        case _:
            assert_never(event)


def lasting(event: Event, before: State, settled: State) -> Event:
    """Leave out the candidates of a scored chunk that are forgotten once it is settled.

    Deciding about what is left gives the same state and the same commands. It is little: the more
    chunks of a space are scored, the fewer of the next one are among the best.
    """
    if not isinstance(event, ChunkScored):
        return event
    if settled is before:  # the chunk was not asked for
        return replace(event, candidates=())
    kept = _best_of(event.candidates, _rivals(settled), settled.chosen)
    if climbing := climbers(settled):
        both = climbing.union(each.molecule for each in kept)
        kept = [each for each in event.candidates if each.molecule in both]
    return replace(event, candidates=tuple(kept))


def _best_of(
    candidates: Iterable[Candidate], rivals: tuple[Candidate, ...], chosen: HashTrieSet[int]
) -> list[Candidate]:
    """Give those that are among their rivals, without looking for each one there."""
    if not rivals:
        return []
    last, least = best_first(rivals[-1]), rivals[-1].score
    hopeful = contenders(rivals, candidates, len(rivals))
    return [
        each
        for each in hopeful
        if (each.score > least or best_first(each) <= last) and each.molecule not in chosen
    ]


def _label(state: State, event: SimulationSucceeded) -> State:
    for place, level in enumerate(state.levels):
        if task := level.simulations.running.get(event.task_id):
            labelled = state.at_level(place, level.succeed(task, seconds=event.seconds))
            return nominate(labelled, place + 1, task.molecule, event.merit)
    return state


def _keep_members(state: State, task_id: str) -> State:
    update = state.update
    if not isinstance(update, Training) or not (task := update.tasks.running.get(task_id)):
        return state
    trained = update.trained + len(task.members)
    predictions = update.predictions.wait(*_in_advance(task, state.plan))
    groups = update.tasks.end(task)
    update = replace(update, tasks=groups, trained=trained, predictions=predictions)
    return replace(state, update=update)


def _in_advance(group: DispatchTraining, plan: Plan) -> Iterator[DispatchPrediction]:
    for chunk in range(plan.chunks if plan.predict_early else 0):
        yield DispatchPrediction(group.generation, chunk, group.group)


def _forget_prediction(state: State, task_id: str) -> State:
    """Free the slot of a prediction: whether it came or failed, the update goes on alike."""
    update = state.update
    if not isinstance(update, Training) or not (task := update.predictions.running.get(task_id)):
        return state
    return replace(state, update=replace(update, predictions=update.predictions.end(task)))


def _rank(state: State, task_id: str, candidates: tuple[Candidate, ...]) -> State:
    update, plan = state.update, state.plan
    if not isinstance(update, Scoring) or not (task := update.tasks.running.get(task_id)):
        return state
    state = weigh(state, candidates)
    rivals, chosen = _rivals(state), state.chosen
    hopeful = contenders(rivals, candidates, plan.shortlist)
    new = [each for each in hopeful if each.molecule not in chosen]
    ranking = best(rivals, new, plan.shortlist)
    tasks, scored = update.tasks.end(task), update.scored + 1
    if plan.merge == "complete":
        update = replace(update, tasks=tasks, scored=scored, collected=ranking)
        return state.updating(update, state.shortlist)
    shortlist = state.shortlist.rank(ranking, plan.molecules_of(task.chunk))
    return state.updating(replace(update, tasks=tasks, scored=scored), shortlist)


def _rivals(state: State) -> tuple[Candidate, ...]:
    """The best of the generation that is being scored, which are all that count."""
    match state.update:
        case Scoring(collected=collected):
            return collected if state.plan.merge == "complete" else state.shortlist.fresh.rest
        case _:
            return ()


def _fail(state: State, task_id: str, retryable: bool) -> State:
    attempts = state.plan.attempts if retryable else 1
    for place, level in enumerate(state.levels):
        if simulation := level.simulations.running.get(task_id):
            return state.at_level(place, _fail_simulation(level, simulation, attempts))
    match state.update:
        case Training(tasks=groups) as update if group := groups.running.get(task_id):
            if group.attempt < attempts:
                return replace(state, update=replace(update, tasks=groups.try_again(group)))
            lost = update.lost + len(group.members)
            return replace(state, update=replace(update, tasks=groups.end(group), lost=lost))
        case Scoring(tasks=chunks) as update if chunk := chunks.running.get(task_id):
            if chunk.attempt < attempts:
                return replace(state, update=replace(update, tasks=chunks.try_again(chunk)))
            skipped = update.skipped + 1
            return replace(state, update=replace(update, tasks=chunks.end(chunk), skipped=skipped))
        case _:
            return _forget_prediction(state, task_id)


def _fail_simulation(level: Standing, task: DispatchSimulation, attempts: int) -> Standing:
    if task.attempt - task.taken_back < attempts:
        return replace(level, simulations=level.simulations.try_again(task))
    return replace(
        level,
        simulations=level.simulations.end(task),
        abandoned=level.abandoned.insert(task.molecule, task),
        failures_in_a_row=level.failures_in_a_row + 1,
    )
