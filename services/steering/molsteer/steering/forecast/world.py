"""A campaign lived through on a virtual clock: the real policy, imagined workers and molecules."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass
from typing import assert_never

import numpy as np

from molsteer.steering.forecast.assumptions import Assumptions
from molsteer.steering.forecast.drawing import Durations, chances
from molsteer.steering.forecast.molecules import Molecules
from molsteer.steering.forecast.steering import Steering
from molsteer.steering.policy.commands import (
    CancelTasks,
    Command,
    Dispatch,
    DispatchInference,
    DispatchPrediction,
    DispatchSimulation,
    DispatchTraining,
    Finish,
    FinishReason,
    UpdateEnded,
)
from molsteer.steering.policy.events import (
    Began,
    ChunkPredicted,
    ChunkScored,
    TaskFailed,
    TrainingSucceeded,
)
from molsteer.steering.policy.plan import Plan, Topic

_TOPICS: tuple[Topic, ...] = ("simulate", "train", "infer")

_DEARER = 10.0
"""Times the cost of a level that the next rung is taken to cost."""


@dataclass(frozen=True, slots=True)
class Hit:
    """When a hit was found, and what had been spent until then.

    Attributes:
        at_s: Seconds since the campaign began.
        simulate_s: Worker seconds of simulations that had ended.
        learn_s: Worker seconds of training and scoring that had ended.
    """

    at_s: float
    simulate_s: float
    learn_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a campaign.

    Attributes:
        reason: Why it ended.
        wall_s: How long it took.
        simulations: Successful simulations at the first level.
        hits: Each hit, in the order in which they were found.
        simulate_s, train_s, infer_s: Worker seconds of the three kinds of task.
        updates: Updates of the models that were completed.
        busy: Part of the time of the simulation slots in which they worked.
    """

    reason: FinishReason
    wall_s: float
    simulations: int
    hits: tuple[Hit, ...]
    simulate_s: float
    train_s: float
    infer_s: float
    updates: int
    busy: float

    @property
    def learn_s(self) -> float:
        """Worker seconds of training and scoring."""
        return self.train_s + self.infer_s


class World:
    """Workers, queues, and molecules to search.

    Args:
        plan: How the campaign is steered.
        assumptions: What is taken for granted.
        seed: Decides everything that is left to chance.
        steering: Steers it, by the plan; the policy with foresight if None.
    """

    def __init__(
        self,
        plan: Plan,
        assumptions: Assumptions,
        seed: int,
        steering: Steering | None = None,
    ) -> None:
        self._plan, self._assumptions = plan, assumptions
        of_molecules, of_failures, *of_durations = np.random.default_rng(seed).spawn(5)
        self._molecules = Molecules(plan, assumptions, of_molecules)
        self._fates = chances(of_failures)
        durations = assumptions.simulate, assumptions.train, assumptions.infer
        drawn = map(Durations, durations, of_durations)
        self._durations = dict(zip(_TOPICS, drawn, strict=True))
        self._steering = steering or Steering(plan)
        self._now_s = 0.0
        self._agenda: list[tuple[float, int, Dispatch]] = []
        self._counted = 0
        self._queues: dict[Topic, deque[Dispatch]] = {topic: deque() for topic in _TOPICS}
        self._free = dict(plan.slots)
        self._cancelled = set[str]()
        self._spent_s = dict.fromkeys(_TOPICS, 0.0)
        self._hits: list[Hit] = []
        self._updates = 0
        self._cold = dict(plan.slots)
        levels = plan.level, *(rung.level for rung in plan.rungs)
        self._dearer = {level: _DEARER**place for place, level in enumerate(levels)}

    def live(self) -> Outcome:
        """Live until the campaign is over."""
        began = Began(0.0, tuple(self._molecules.starters), known=())
        reason = self._obey(self._steering.tell(began))
        while reason is None:
            self._now_s, _, task = heapq.heappop(self._agenda)
            topic = _topic(task)
            if self._cancelled and task.task_id in self._cancelled:
                self._cancelled.discard(task.task_id)
            else:
                reason = self._obey(self._end(task))
            self._free[topic] += 1
            self._start_waiting(topic)
        wall_s = self._now_s
        slots_s = wall_s * self._plan.slots_simulate
        return Outcome(
            reason=reason,
            wall_s=wall_s,
            simulations=self._steering.state.first.successes,
            hits=tuple(self._hits),
            simulate_s=self._spent_s["simulate"],
            train_s=self._spent_s["train"],
            infer_s=self._spent_s["infer"],
            updates=self._updates,
            busy=min(self._spent_s["simulate"] / slots_s, 1.0) if slots_s else 0.0,
        )

    def _obey(self, commands: tuple[Command, ...]) -> FinishReason | None:
        for command in commands:
            match command:
                case DispatchSimulation(molecule=molecule):
                    self._molecules.choose(molecule)
                    self._begin(command, "simulate")
                case CancelTasks(task_ids=task_ids):
                    self._cancelled.update(task_ids)
                case UpdateEnded(outcome=outcome):
                    self._updates += outcome == "completed"
                case Finish(reason=reason):
                    return reason
                case _:
                    self._begin(command, _topic(command))
        return None

    def _begin(self, task: Dispatch, topic: Topic) -> None:
        if self._free[topic]:
            self._start(task, topic)
        else:
            self._queues[topic].append(task)

    def _start_waiting(self, topic: Topic) -> None:
        queue = self._queues[topic]
        while self._free[topic] and queue:
            task = queue.popleft()
            if self._cancelled and task.task_id in self._cancelled:
                self._cancelled.discard(task.task_id)
            else:
                self._start(task, topic)

    def _start(self, task: Dispatch, topic: Topic) -> None:
        self._free[topic] -= 1
        duration_s = self._duration_s(task, self._durations[topic])
        if self._cold[topic]:
            self._cold[topic] -= 1
            duration_s += self._durations[topic].first_s()
        self._spent_s[topic] += duration_s
        self._counted += 1
        begins_s = max(self._now_s + self._assumptions.latency_s, self._assumptions.start_s)
        heapq.heappush(self._agenda, (begins_s + duration_s, self._counted, task))

    def _duration_s(self, task: Dispatch, durations: Durations) -> float:
        match task:
            case DispatchSimulation(level=level):
                return self._dearer[level] * durations.next_s()
            case DispatchTraining(labels=labels):
                return durations.next_s(labels)
            case DispatchInference() | DispatchPrediction():
                return durations.next_s()
            case _:
                assert_never(task)

    def _end(self, task: Dispatch) -> tuple[Command, ...]:
        now_s, tell = self._now_s, self._steering.tell
        match task:
            case DispatchSimulation():
                return self._simulated(task)
            case DispatchTraining(labels=labels):
                self._molecules.learn(labels)
                return tell(TrainingSucceeded(now_s, task.task_id))
            case DispatchPrediction():
                return tell(ChunkPredicted(now_s, task.task_id))
            case DispatchInference(generation=generation, chunk=chunk):
                candidates = self._molecules.score(generation, chunk)
                return tell(ChunkScored(now_s, task.task_id, candidates))
            case _:
                assert_never(task)

    def _simulated(self, task: DispatchSimulation) -> tuple[Command, ...]:
        if self._assumptions.failing and next(self._fates) < self._assumptions.failing:
            return self._steering.tell(TaskFailed(self._now_s, task.task_id, retryable=False))
        value = self._molecules.value_of(task.molecule)
        if task.level == self._plan.level and value >= self._molecules.threshold:
            spent_s = self._spent_s
            learn_s = spent_s["train"] + spent_s["infer"]
            self._hits.append(Hit(self._now_s, spent_s["simulate"], learn_s))
        return self._steering.succeed(self._now_s, task, value)


def _topic(task: Dispatch) -> Topic:
    match task:
        case DispatchSimulation():
            return "simulate"
        case DispatchTraining():
            return "train"
        case DispatchInference() | DispatchPrediction():
            return "infer"
        case _:
            assert_never(task)
