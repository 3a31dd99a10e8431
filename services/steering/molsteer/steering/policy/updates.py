"""The rules of an update: when it begins, what it dispatches, how it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from molsteer.steering.policy.chance.control import next_draws
from molsteer.steering.policy.climbing import climbers
from molsteer.steering.policy.commands import (
    CancelTasks,
    Dispatch,
    DispatchInference,
    DispatchTraining,
    UpdateEnded,
    UpdateOutcome,
)
from molsteer.steering.policy.plan import Plan, Surrogate
from molsteer.steering.policy.state import Scoring, State, Step, Training
from molsteer.steering.policy.tasks import Tasks


def update_is_due(state: State) -> bool:
    """Tell whether enough is new to learn from, somebody to learn, and anything left to choose.

    Models that were given have learned already: they rank the space as soon as it makes sense.
    """
    if state.update or state.stopping:
        return False
    if not state.given and (state.plan.slots_train == 0 or not _labels_suffice(state)):
        return False
    return state.choosable > 0


def is_starved(state: State) -> bool:
    """Tell whether the first level has nothing under way and nothing left to choose."""
    if state.update or len(state.first.simulations):
        return False
    return state.shortlist.take(state.chosen) is None


def asking_helps(state: State) -> bool:
    """Tell whether a starved campaign may learn anything from one more update.

    It does if anything changed since the last update began: a new label makes another model, and a
    molecule chosen since makes room in the ranking for the next one. Either can happen only
    finitely often. Otherwise an update would say what the last one said.
    """
    changed = state.labels > state.trained_on or len(state.chosen) > state.chosen_before
    return changed and state.labels > 0 and state.choosable > 0


def _labels_suffice(state: State) -> bool:
    if state.labels == 0:
        return False
    if state.generation == 0:
        return state.counted >= state.plan.first_training_after
    return state.counted - state.counted_before >= state.plan.retrain_after


def begin_due_update(state: State) -> Step | None:
    """Begin an update that is due."""
    return begin_update(state) if update_is_due(state) else None


def begin_update(state: State) -> Step:
    """Begin an update with the labels there are; takes a training slot, or models given."""
    plan, generation = state.plan, state.generation + 1
    warm = plan.warm_start and state.model > 0
    groups = tuple(
        DispatchTraining(
            generation,
            group,
            members,
            state.labels,
            warm=warm and surrogate == "graphs",
            surrogate=surrogate,
        )
        for group, (surrogate, members) in enumerate(_groups(plan))
    )
    training = Training(generation, Tasks(waiting=groups))
    if state.given:
        training = Training(generation, Tasks(), trained=plan.learners)
    begun = replace(
        state,
        update=training,
        generation=generation,
        trained_on=state.labels,
        counted_before=state.counted,
        chosen_before=len(state.chosen),
    )
    return begun, ()


def drop_useless_update(state: State) -> Step | None:
    """End an update that nobody needs: nothing is left to choose by it, or a stop was requested."""
    update = state.update
    if update is None or (state.choosable > 0 and not state.stopping):
        return None
    ended, notices = end_update(state, "cancelled")
    return ended, (*_take_back(update.in_flight), *notices)


def dispatch_training(state: State) -> Step | None:
    """Give a free training slot to the next group of members."""
    update = state.update
    if not isinstance(update, Training) or not update.tasks.waiting:
        return None
    if len(update.tasks.running) >= state.plan.slots_train:
        return None
    task, tasks = update.tasks.start_first()
    return state.updating(replace(update, tasks=tasks), state.shortlist), (task,)


def dispatch_prediction(state: State) -> Step | None:
    """Give an inference slot that is free during training to a group that is trained."""
    update = state.update
    if not isinstance(update, Training) or not update.predictions.waiting:
        return None
    if len(update.predictions.running) >= state.plan.slots_infer:
        return None
    task, predictions = update.predictions.start_first()
    return replace(state, update=replace(update, predictions=predictions)), (task,)


def conclude_training(state: State) -> Step | None:
    """Let those members score the space that could be trained, when all have been tried.

    What they have not predicted by then is predicted as part of the scoring.
    """
    update, plan = state.update, state.plan
    if not isinstance(update, Training) or update.tasks:
        return None
    if update.trained == 0:
        return end_update(state, "failed")
    chunks = tuple(DispatchInference(update.generation, chunk) for chunk in range(plan.chunks))
    scoring = Scoring(update.generation, Tasks(waiting=chunks))
    shortlist = state.shortlist.age() if plan.merge == "progressive" else state.shortlist
    return replace(state, update=scoring, shortlist=shortlist), _take_back(update.in_flight)


def dispatch_inference(state: State) -> Step | None:
    """Give a free inference slot to the next chunk."""
    update = state.update
    if not isinstance(update, Scoring) or not update.tasks.waiting:
        return None
    if len(update.tasks.running) >= state.plan.slots_infer:
        return None
    first, *others = update.tasks.waiting
    chunk = state.plan.molecules_of(first.chunk)
    climbing = sorted(molecule for molecule in climbers(state) if molecule in chunk)
    task = replace(first, control=next_draws(state, first.chunk), climbing=tuple(climbing))
    tasks = Tasks(update.tasks.running, tuple(others)).start(task)
    return state.updating(replace(update, tasks=tasks), state.shortlist), (task,)


def conclude_scoring(state: State) -> Step | None:
    """End the update when every chunk was scored or given up; what older models said is over."""
    update = state.update
    if not isinstance(update, Scoring) or update.tasks:
        return None
    if update.scored == 0:
        return end_update(state, "failed")
    if state.plan.merge == "progressive":
        fresh = state.shortlist.fresh.rest
    else:
        fresh = tuple(each for each in update.collected if each.molecule not in state.chosen)
    completed = replace(state, model=update.generation, shortlist=state.shortlist.renew(fresh))
    return end_update(completed, "completed")


def end_update(state: State, outcome: UpdateOutcome) -> Step:
    """End the update; one that was cancelled has told nothing, so all it saw counts as new."""
    ended = replace(state, update=None)
    if outcome == "cancelled":
        ended = replace(ended, trained_on=0, counted_before=0, chosen_before=0)
    else:
        ended = replace(ended, given=False)
    return ended, (UpdateEnded(state.generation, outcome),)


def _take_back(tasks: Iterable[Dispatch]) -> tuple[CancelTasks, ...]:
    task_ids = tuple(sorted(task.task_id for task in tasks))
    return (CancelTasks(task_ids),) if task_ids else ()


def _groups(plan: Plan) -> Iterator[tuple[Surrogate, tuple[int, ...]]]:
    """Share an ensemble's members out evenly, one group for each slot; the quick ones come first.

    Members are numbered through, the ensemble's before those of the others.
    """
    of_graphs = plan.members if "graphs" in plan.surrogates else 0
    others = [surrogate for surrogate in plan.surrogates if surrogate != "graphs"]
    for number, surrogate in enumerate(others):
        yield surrogate, (of_graphs + number,)
    groups = min(plan.slots_train, of_graphs)
    for group in range(groups):
        first, end = group * of_graphs // groups, (group + 1) * of_graphs // groups
        yield "graphs", tuple(range(first, end))
