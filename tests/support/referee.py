"""A second bookkeeper for the policy: it knows events and commands, never the state's books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from support.foresight import Foresight
from support.referee_of_rungs import Rungs

from molsteer.steering.policy.commands import (
    CancelTasks,
    Command,
    Dispatch,
    DispatchInference,
    DispatchPrediction,
    DispatchSimulation,
    DispatchTraining,
    Finish,
    UpdateEnded,
)
from molsteer.steering.policy.decide import ENDING, RULES, decide
from molsteer.steering.policy.events import (
    Began,
    Candidate,
    ChunkPredicted,
    ChunkScored,
    Event,
    LabelsAdded,
    Paused,
    PlanChanged,
    Resumed,
    RetryRequested,
    SimulationSucceeded,
    SlotsChanged,
    SpaceGrown,
    StopRequested,
    TaskFailed,
    TrainingSucceeded,
)
from molsteer.steering.policy.plan import Plan
from molsteer.steering.policy.state import State

Pair = tuple[int, str]
"""A molecule at a level."""


def a_plan(**changes: Any) -> Plan:
    """A small plan: one slot of each kind, no buffer, one member, one chunk of ten molecules."""
    plan: dict[str, Any] = {
        "budget": 9,
        "slots_simulate": 1,
        "slots_train": 1,
        "slots_infer": 1,
        "buffer": 0,
        "shortlist": 10,
        "first_training_after": 100,
        "retrain_after": 100,
        "during_update": "continue",
        "warm_start": False,
        "merge": "progressive",
        "members": 1,
        "space_size": 10,
        "chunk_size": 10,
        "attempts": 2,
        "failure_limit": 100,
    }
    return Plan(**(plan | changes))


def ranked(*molecules: int) -> tuple[Candidate, ...]:
    """Candidates with falling scores."""
    return tuple(Candidate(molecule, 20.0 - place) for place, molecule in enumerate(molecules))


_OPENING = Resumed | PlanChanged | RetryRequested | LabelsAdded | SpaceGrown
"""What counts after the end."""


class Campaign:
    """Drives the policy event by event, and has a referee watch every step."""

    def __init__(
        self, plan: Plan, starters: tuple[int, ...] = (), known: tuple[int, ...] = ()
    ) -> None:
        self.state = State.fresh(plan)
        self.journal: list[Event] = []
        self.commands: list[tuple[Command, ...]] = []
        self.referee = Referee(plan, known)
        self.foresight = Foresight(self.state)
        self.first_commands = self.tell(Began(0.0, starters, known))

    def tell(self, event: Event) -> tuple[Command, ...]:
        decision = decide(self.state, event)
        self.state, commands = decision.state, decision.commands
        self.foresight.watch(event, commands, self.state)
        self.journal.append(event)
        self.commands.append(commands)
        self.referee.watch(event, commands)
        if not self.finished:
            rules = ENDING if self.state.paused else RULES
            assert not [rule for rule in rules if rule(self.state)], "a rule was not asked"
            shortlist = self.state.shortlist
            usable = shortlist.fresh if self.referee.given else shortlist
            self.referee.judge(idle_for_want_of_molecules=not usable.take(self.state.chosen))
        return commands

    @property
    def at(self) -> float:
        return float(len(self.journal))

    @property
    def finished(self) -> bool:
        return self.state.finished is not None

    @property
    def asked(self) -> list[Command]:
        return [command for commands in self.commands for command in commands]

    def succeed(
        self,
        *task_ids: str,
        candidates: tuple[Candidate, ...] = (),
        merit: float | None = None,
    ) -> list[Command]:
        """Let tasks succeed one after the other; candidates are those of the last one."""
        return [
            command
            for task_id in task_ids
            for command in self.tell(success(self.at, task_id, candidates, merit))
        ]

    def fail(self, *task_ids: str, retryable: bool = False) -> list[Command]:
        return [
            command
            for task_id in task_ids
            for command in self.tell(TaskFailed(self.at, task_id, retryable))
        ]

    def stop(self) -> tuple[Command, ...]:
        return self.tell(StopRequested(self.at))


def success(
    at: float,
    task_id: str,
    candidates: tuple[Candidate, ...] = (),
    merit: float | None = None,
) -> Event:
    """The event of a task's success, whatever its kind."""
    match task_id.split("/"):
        case "simulate", *_:
            return SimulationSucceeded(at, task_id, merit)
        case "train", *_:
            return TrainingSucceeded(at, task_id)
        case "infer", _, _, _group, _:
            return ChunkPredicted(at, task_id)
        case _:
            return ChunkScored(at, task_id, candidates)


def count(pairs: Iterable[Pair], level: str) -> int:
    """Count the molecules that are at one level."""
    return sum(there == level for _, there in pairs)


class Referee:
    """Keeps its own books of a campaign, and raises AssertionError when a rule is broken."""

    def __init__(self, plan: Plan, known: tuple[int, ...]) -> None:
        self.plan = plan
        self.slots: dict[str, int] = {**plan.slots}
        self.in_flight: dict[str, Dispatch] = {}
        self.ever: set[str] = set()
        self.tried: Counter[Pair] = Counter((m, plan.level) for m in known)  # never chosen
        self.failed: Counter[Pair] = Counter()
        self.labelled: set[Pair] = set()
        self.abandoned: set[Pair] = set()
        self.owed: set[Pair] = set()  # molecules that wait for another attempt at a level
        self.rungs = Rungs(self)
        self.chosen: Counter[bool] = Counter()  # by chance, and not
        self.given = plan.pretrained
        self.named: set[int] = set()  # molecules that given models have named
        self.update: int | None = None
        self.generation = 0
        self.trained_on = self.counted_before = 0
        self.members: list[int] = []
        self.models: set[str] = set()
        self.scoring = False
        self.paused = False
        self.stopping = False
        self.over = False
        self.finish: list[str] = []

    @property
    def labels(self) -> int:
        return self.plan.known_labels + len(self.labelled)

    @property
    def counted(self) -> int:
        """What makes an update due."""
        return self.plan.known_labels + sum(map(self.spent, self.rungs.levels))

    @property
    def room(self) -> int:
        first = self.plan.level
        return min(
            self.plan.budget - self.begun(first),
            self.plan.space_size - count(self.tried, first),
        )

    def labelled_at(self, level: str) -> set[int]:
        return {molecule for molecule, there in self.labelled if there == level}

    def under_way(self, level: str) -> int:
        return self.running_at(level) + count(self.owed, level)

    def begun(self, level: str) -> int:
        return self.spent(level) + self.under_way(level)

    def spent(self, level: str) -> int:
        """What the budget of a level counts."""
        given_up = self.abandoned if self.plan.budget_counts == "attempts" else set[Pair]()
        return count(self.labelled, level) + count(given_up, level)

    def running(self, topic: str) -> int:
        return sum(task_id.startswith(topic) for task_id in self.in_flight)

    def running_at(self, level: str) -> int:
        simulations = (t for t in self.in_flight.values() if isinstance(t, DispatchSimulation))
        return sum(task.level == level for task in simulations)

    def lacks(self, level: str) -> int:
        """Simulations that the level may still have running within its budget."""
        missing = self.rungs.budget(level) - self.spent(level)
        return missing - self.running_at(level)

    @property
    def attempts_wait(self) -> bool:
        return any(self.lacks(level) > 0 for _, level in self.owed)

    def watch(self, event: Event, commands: tuple[Command, ...]) -> None:
        if not self.over or isinstance(event, _OPENING):
            self._note(event)
        assert not (self.over and commands), "the campaign is over"
        for command in commands:
            assert not self.over, "finishing is the last command, and given once"
            self._obey(command)

    def _obey(self, command: Command) -> None:
        match command:
            case DispatchSimulation():
                self._simulate(command)
            case DispatchTraining():
                self._train(command)
            case DispatchPrediction():
                self._predict(command)
            case DispatchInference():
                self._infer(command)
            case CancelTasks(task_ids=task_ids):
                assert list(task_ids) == sorted(task_ids) != [], "cancelling in order"
                cancelled = [self.in_flight.pop(task_id) for task_id in task_ids]
                again = [task for task in cancelled if isinstance(task, DispatchSimulation)]
                self.owed |= {(task.molecule, task.level) for task in again}
            case UpdateEnded(generation=generation, outcome=outcome):
                assert self.update == generation, "only the running update ends"
                self._end_update(outcome)
            case Finish(reason=reason):
                self._finish(reason)

    def _end_update(self, outcome: str) -> None:
        assert self.running("train") + self.running("infer") == 0, "its tasks are over"
        self.update = None
        if outcome == "cancelled":
            self.trained_on = self.counted_before = 0
        self.given = self.given and outcome == "cancelled"

    def _finish(self, reason: str) -> None:
        assert not self.in_flight, "nothing runs after the end"
        if reason in {"budget-reached", "out-of-candidates"}:
            self.rungs.check_end()
        self.over = True
        self.finish.append(reason)

    def judge(self, idle_for_want_of_molecules: bool) -> None:
        """Check what must hold whenever a decision has been made."""
        assert not self.rungs.all_over, "the target is reached"
        for task in self.in_flight.values():
            if isinstance(task, DispatchSimulation):
                done = self.spent(task.level)
                assert done < self.rungs.budget(task.level), "nobody wants what runs"
        if self.paused or min(self.slots.values()) == 0:
            return  # everything may have to wait
        assert self.in_flight, "the campaign hangs"
        enough = self.plan.retrain_after if self.generation else self.plan.first_training_after
        due = self.given or (self.labels > 0 and self.counted - self.counted_before >= enough)
        if self.stopping or self.room <= 0:
            assert self.update is None, "the update is of no use"
        elif self.update is None:
            assert not due, "an update is due and does not run"
        places = self.slots["simulate"] + self.plan.buffer
        if self.running("simulate") < places and not self.stopping:
            assert not self.attempts_wait, "a further attempt must not wait for a free place"
            assert not self.rungs.ready(), "a promotion must not wait for a free place"
            waits = self._held() or (
                self.plan.labels_first and self.update is not None and not self.labelled
            )
            assert self.room <= 0 or waits or idle_for_want_of_molecules, "idle slots"

    def _held(self) -> bool:
        match self.plan.during_update:
            case "continue":
                return False
            case "pause":
                return self.update is not None
            case "hold-while-training":
                return self.running("train") > 0

    def _note(self, event: Event) -> None:
        match event:
            case SlotsChanged(topic=topic, slots=slots):
                self.slots[topic] = slots
            case (
                SimulationSucceeded()
                | TrainingSucceeded()
                | ChunkPredicted()
                | ChunkScored()
                | TaskFailed()
            ):
                task = self.in_flight.pop(event.task_id, None)
                if task is not None:
                    self._end(task, event)
            case _:
                self._heed(event)

    def _heed(self, event: Event) -> None:
        match event:
            case PlanChanged(plan=plan):
                self.plan, self.slots, self.over = plan, {**plan.slots}, False
            case Paused():
                self.paused = True
            case Resumed():
                self.paused = self.stopping = self.over = False
            case StopRequested():
                self.stopping = True
            case RetryRequested(molecules=molecules):
                again = {pair for pair in self.abandoned if pair[0] in molecules}
                self.abandoned -= again
                self.owed |= again
                self.failed.subtract({pair: self.failed[pair] for pair in again})
                self.over = self.over and not again
            case LabelsAdded(labels=labels, known=known):
                known_labels = self.plan.known_labels + labels
                self._get(replace(self.plan, known_labels=known_labels), known)
            case SpaceGrown(space_size=space_size, known=known):
                self._get(replace(self.plan, space_size=space_size), known)

    def _get(self, plan: Plan, known: tuple[int, ...]) -> None:
        self.plan, self.over = plan, False
        self.tried.update((molecule, plan.level) for molecule in known)

    def _end(self, task: Dispatch, event: Event) -> None:
        failed = isinstance(event, TaskFailed)
        if isinstance(task, DispatchTraining) and not failed:
            self.models.add(task.task_id)
        if self.given and isinstance(event, ChunkScored):
            self.named |= {candidate.molecule for candidate in event.candidates}
        if not isinstance(task, DispatchSimulation):
            return
        pair = task.molecule, task.level
        if isinstance(event, SimulationSucceeded):
            self.labelled.add(pair)
            self.rungs.note(task, event.merit)
            return
        self.failed[pair] += 1
        tries = self.plan.attempts if event.retryable else 1  # type: ignore[union-attr]
        if self.failed[pair] < tries:
            self.owed.add(pair)
        else:
            self.abandoned.add(pair)

    def _dispatch(self, task: Dispatch, topic: str, places: int) -> None:
        assert not self.stopping, "nothing begins after a stop"
        assert not self.paused, "nothing begins in a pause"
        assert task.task_id not in self.ever, "every task is dispatched once"
        self.ever.add(task.task_id)
        self.in_flight[task.task_id] = task
        assert self.running(topic) <= places, f"more {topic} tasks than slots"

    def _simulate(self, task: DispatchSimulation) -> None:
        self._dispatch(task, "simulate", self.slots["simulate"] + self.plan.buffer)
        pair = task.molecule, task.level
        assert pair not in self.labelled | self.abandoned, "its outcome is known"
        if pair in self.owed:
            self.owed.remove(pair)
        else:
            assert self.tried[pair] == 0, "a molecule is chosen once at a level"
            assert not self.attempts_wait, "further attempts come first"
            if task.level == self.plan.level:
                self._choose(task)
            else:
                self.rungs.promote(task)
        self.tried[pair] += 1
        assert task.attempt == self.tried[pair], "attempts are counted"
        assert self.lacks(task.level) >= 0, "over budget"

    def _choose(self, task: DispatchSimulation) -> None:
        assert not self.rungs.ready(), "molecules that climb come before new ones"
        assert not self._held(), "no molecule is chosen while refilling waits"
        named = task.molecule in self.named or task.by_chance
        assert not self.given or named, "given models choose"
        assert self.generation or not task.by_chance, "there is a model to control"
        self.chosen[task.by_chance] += 1
        most = self.plan.control_share * self.chosen.total()
        assert self.chosen[True] <= most + 1e-6, "chance has its share and no more"
        assert self.room >= 0, "molecules owed another attempt come out of the budget too"

    def _train(self, task: DispatchTraining) -> None:
        assert not self.given, "given models rank before any is trained"
        if self.update is None:
            assert task.generation == self.generation + 1
            self.update = self.generation = task.generation
            self.trained_on, self.members, self.models = self.labels, [], set()
            self.counted_before = self.counted
            self.scoring = False
        assert task.generation == self.update, "one update at a time"
        assert task.labels == self.trained_on > 0, "all groups learn from the same labels"
        if task.attempt == 1:
            self.members += task.members
        self._dispatch(task, "train", self.slots["train"])

    def _predict(self, task: DispatchPrediction) -> None:
        assert self.plan.predict_early, "nobody asked for predictions in advance"
        assert task.generation == self.update, "the running update's members are asked"
        assert not self.scoring, "predictions are of use before scoring begins"
        trained = {task_id.rsplit("/", 1)[0] for task_id in self.models}
        assert f"train/{task.generation}/{task.group}" in trained, "trained groups predict"
        self._dispatch(task, "infer", self.slots["infer"])

    def _infer(self, task: DispatchInference) -> None:
        if self.given and self.update is None:
            assert task.generation == self.generation + 1
            self.update = self.generation = task.generation
            self.trained_on, self.models = self.labels, {"given"}
            self.counted_before = self.counted
            self.members = list(range(self.plan.members))
        assert task.generation == self.update, "the running update's model is asked"
        assert self.models, "there is a model to ask"
        assert self.running("train") == 0, "all members have been tried"
        in_flight = self.in_flight.values()
        assert not any(isinstance(other, DispatchPrediction) for other in in_flight), "too late"
        self.scoring = True
        assert self.members == list(range(self.plan.members)), "every member has been tried"
        self._dispatch(task, "infer", self.slots["infer"])
