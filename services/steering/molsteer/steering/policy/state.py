"""All that a decision depends on.

A state never changes; `decide` gives the next one. What grows with the campaign is either a number
or a persistent set, which shares its memory with the state before.
"""

from __future__ import annotations

from dataclasses import field, fields
from operator import attrgetter
from typing import Literal, assert_never

from rpds import HashTrieMap, HashTrieSet

from molsteer.steering.policy.commands import (
    Command,
    Dispatch,
    DispatchInference,
    DispatchPrediction,
    DispatchSimulation,
    DispatchTraining,
    FinishReason,
)
from molsteer.steering.policy.events import Candidate
from molsteer.steering.policy.plan import Plan, Topic
from molsteer.steering.policy.shortlist import Shortlist
from molsteer.steering.policy.tasks import Tasks
from molsteer.steering.policy.values.frozen import value


@value(frozen=True, slots=True)
class Training:
    """The first phase of an update: groups of members are trained.

    Attributes:
        trained: Members that have their weights.
        lost: Members that were given up; the update goes on without them.
        predictions: What groups that are trained do in advance; nothing depends on it.
    """

    generation: int
    tasks: Tasks[DispatchTraining]
    trained: int = 0
    lost: int = 0
    predictions: Tasks[DispatchPrediction] = field(default_factory=Tasks)

    @property
    def in_flight(self) -> tuple[Dispatch, ...]:
        """The tasks that workers have or wait for, in no order."""
        return *self.tasks.running.values(), *self.predictions.running.values()


@value(frozen=True, slots=True)
class Scoring:
    """The second phase of an update: the members score the search space, chunk by chunk.

    Attributes:
        scored: Chunks whose candidates are known.
        skipped: Chunks that were given up; the update goes on without them.
        collected: Best candidates so far, where they are used only when the update ends.
    """

    generation: int
    tasks: Tasks[DispatchInference]
    scored: int = 0
    skipped: int = 0
    collected: tuple[Candidate, ...] = ()

    @property
    def in_flight(self) -> tuple[Dispatch, ...]:
        """The tasks that workers have or wait for, in no order."""
        return tuple(self.tasks.running.values())


Update = Training | Scoring
"""An update of the model, in one of its phases. Its tasks live and die with it."""


@value(frozen=True, slots=True)
class Standing:
    """Where a campaign is at one level.

    Attributes:
        simulations: Simulations under way; those that wait are further attempts.
        successes: Simulations that succeeded.
        abandoned: The last attempts of molecules that were given up, by molecule.
        failures_in_a_row: Molecules given up since the last success.
        candidates: Molecules of the level below that may climb to this one, best first, as many
            as `Plan.shortlist`; none at the first level.
        timed, seconds: Simulations of which it is known how long they took, and how long all of
            these did.
    """

    simulations: Tasks[DispatchSimulation] = field(default_factory=Tasks)
    successes: int = 0
    abandoned: HashTrieMap[int, DispatchSimulation] = field(default_factory=HashTrieMap)
    failures_in_a_row: int = 0
    candidates: tuple[Candidate, ...] = ()
    timed: int = 0
    seconds: float = 0.0

    def start(self, *tasks: DispatchSimulation) -> Standing:
        """Dispatch the first attempts of molecules."""
        # Here and below as `replace` does, in a part of its time: this is done for each event.
        return Standing(self.simulations.start(*tasks), *_AFTER_SIMULATIONS(self))

    def succeed(self, *tasks: DispatchSimulation, seconds: float | None = None) -> Standing:
        """Count running simulations that succeeded, and how long the only one took, if known."""
        return Standing(
            self.simulations.end(*tasks),
            self.successes + len(tasks),
            self.abandoned,
            0,
            self.candidates,
            self.timed + (seconds is not None),
            self.seconds + (seconds or 0.0),
        )


@value(frozen=True, slots=True)
class Control:
    """How far chance is, which chooses a share of the molecules.

    Attributes:
        owed: Part of a molecule that chance has still to choose, below 1.
        place: Where it goes on in the random order of the space.
    """

    owed: float = 0.0
    place: int = 0


@value(frozen=True, slots=True)
class State:
    """Where a campaign is.

    Attributes:
        plan: The plan, with the slots as they are now.
        began: Whether the first event has been seen.
        levels: Where each level is, in the order of `Plan.budgets`.
        shortlist: Molecules to simulate next at the first level.
        chosen: Molecules that were ever dispatched, or whose label was known from the start; none
            of them is chosen again.
        control: Where chance goes on, which chooses a share of them.
        update: The update that runs, if one does.
        given: Whether models that were given have still to rank the space: the next update does,
            without training any.
        generation: Number of the last update that began, 0 before the first.
        model: Generation of the last update that was completed, 0 before the first.
        trained_on: Labels that existed when the last update began, 0 if it was cancelled.
        counted_before: What triggers of updates had counted when it began, 0 likewise.
        chosen_before: Molecules that had been chosen when the last update began, 0 likewise.
        paused: Whether nothing new is to begin.
        stopping: How the campaign is to stop, if that was requested: after the running simulations
            have ended, or by taking them back.
        finished: Why the campaign is over, or None while it is not.
    """

    plan: Plan
    began: bool = False
    levels: tuple[Standing, ...] = (Standing(),)
    shortlist: Shortlist = field(default_factory=Shortlist)
    chosen: HashTrieSet[int] = field(default_factory=HashTrieSet)
    control: Control = field(default_factory=Control)
    update: Update | None = None
    given: bool = False
    generation: int = 0
    model: int = 0
    trained_on: int = 0
    counted_before: int = 0
    chosen_before: int = 0
    paused: bool = False
    stopping: Literal["gently", "now"] | None = None
    finished: FinishReason | None = None

    @classmethod
    def fresh(cls, plan: Plan) -> State:
        """The state of a campaign that has not begun."""
        levels = tuple(Standing() for _ in plan.budgets)
        return cls(plan, levels=levels, given=plan.pretrained)

    def at_level(self, place: int, standing: Standing) -> State:
        """The state with another standing of one level."""
        levels = (*self.levels[:place], standing, *self.levels[place + 1 :])
        return self.choosing(levels, self.shortlist, self.chosen, self.control)

    def choosing(
        self,
        levels: tuple[Standing, ...],
        shortlist: Shortlist,
        chosen: HashTrieSet[int],
        control: Control,
    ) -> State:
        """The state with what changes when a molecule is chosen or simulated."""
        # As `replace` does, in a part of its time: this is done for each event.
        return State(
            self.plan, self.began, levels, shortlist, chosen, control, *_AFTER_CONTROL(self)
        )

    def updating(self, update: Update | None, shortlist: Shortlist) -> State:
        """The state with what changes when a task of an update begins or ends."""
        before = self.plan, self.began, self.levels, shortlist, self.chosen, self.control
        return State(*before, update, *_AFTER_UPDATE(self))

    def spent(self, level: Standing) -> int:
        """How much of its budget a level has spent: molecules that succeeded, or failed as well."""
        if self.plan.budget_counts == "attempts":
            return level.successes + len(level.abandoned)
        return level.successes

    def begun(self, level: Standing) -> int:
        """How much of it is spent once all is over that is under way and succeeds."""
        return self.spent(level) + len(level.simulations)

    @property
    def first(self) -> Standing:
        """Where the first level is."""
        return self.levels[0]

    @property
    def successes(self) -> int:
        """Simulations that succeeded, at all levels."""
        successes = 0
        for level in self.levels:
            successes += level.successes
        return successes

    @property
    def labels(self) -> int:
        """Results there are to learn from, the labels known from the start included."""
        return self.plan.known_labels + self.successes

    @property
    def counted(self) -> int:
        """What makes an update due: labels, and what was given up where budgets count that."""
        counted = self.plan.known_labels
        for level in self.levels:
            counted += self.spent(level)
        return counted

    @property
    def choosable(self) -> int:
        """New molecules that may still be chosen, by the budget and by the size of the space."""
        within_budget = self.plan.budget - self.begun(self.levels[0])
        return min(within_budget, self.plan.space_size - len(self.chosen))

    @property
    def in_flight(self) -> tuple[Dispatch, ...]:
        """The tasks that workers have or wait for, as they were dispatched, ordered by id."""
        tasks: dict[str, Dispatch] = {}
        for level in self.levels:
            tasks.update(level.simulations.running.items())
        if self.update:
            tasks.update((task.task_id, task) for task in self.update.in_flight)
        return tuple(tasks[task_id] for task_id in sorted(tasks))

    def in_flight_of(self, topic: Topic) -> int:
        """Count the tasks of one topic that workers have or wait for."""
        match topic, self.update:
            case "simulate", _:
                return sum([len(level.simulations.running) for level in self.levels])
            case ("train", Training() as update) | ("infer", Scoring() as update):
                return len(update.tasks.running)
            case "infer", Training() as update:
                return len(update.predictions.running)
            case _:
                return 0

    @property
    def places(self) -> int:
        """How many more simulations may run, or wait in the queue if any can run."""
        slots = self.plan.slots_simulate
        places = slots + self.plan.buffer if slots else 0
        for level in self.levels:
            places -= len(level.simulations.running)
        return places

    @property
    def update_progress(self) -> tuple[str, int, int] | None:
        """Phase of the running update, what is settled of it, and of how many.

        Members while `training`, chunks while `scoring`; None where no update runs.
        """
        match self.update:
            case None:
                return None
            case Training(trained=trained, lost=lost):
                return "training", trained + lost, self.plan.learners
            case Scoring(scored=scored, skipped=skipped):
                return "scoring", scored + skipped, self.plan.chunks
            case update:
                assert_never(update)


_AFTER_SIMULATIONS = attrgetter(*[each.name for each in fields(Standing)][1:])
_AFTER_CONTROL = attrgetter(*[each.name for each in fields(State)][6:])
_AFTER_UPDATE = attrgetter(*[each.name for each in fields(State)][7:])

Step = tuple[State, tuple[Command, ...]]
"""The state after a change, and what the change asks for."""
