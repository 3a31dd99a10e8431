"""A campaign lived through on a virtual clock: the real policy, imagined workers and molecules."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

import numpy as np

from molsteer.steering.forecast.assumptions import Assumptions, values
from molsteer.steering.forecast.ranking import RARE, Ranking, ranked_by
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
from molsteer.steering.policy.decide import decide
from molsteer.steering.policy.events import (
    Began,
    Candidate,
    ChunkPredicted,
    ChunkScored,
    Event,
    SimulationSucceeded,
    TaskFailed,
    TrainingSucceeded,
)
from molsteer.steering.policy.plan import Plan, Topic
from molsteer.steering.policy.state import State

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
    """Workers, queues, and a property with a few outstanding molecules.

    A model's scores are what a regression would predict: their error shrinks with the labels it has
    seen, and all models share a part of it.

    Args:
        plan: How the campaign is steered.
        assumptions: What is taken for granted.
        seed: Decides everything that is left to chance.
    """

    def __init__(self, plan: Plan, assumptions: Assumptions, seed: int) -> None:
        self._plan, self._assumptions = plan, assumptions
        self._chance = np.random.default_rng(seed)
        self._values = values(plan.space_size, self._chance)
        self._lasting = values(plan.space_size, self._chance)
        share = assumptions.true_hit_share(self._chance)
        self._threshold = float(np.quantile(self._values, 1.0 - share))
        self._chosen = np.zeros(plan.space_size, dtype=np.bool_)
        self._state = State.fresh(plan)
        self._now_s = 0.0
        self._agenda: list[tuple[float, int, Dispatch]] = []
        self._counted = 0
        self._queues: dict[Topic, deque[Dispatch]] = {topic: deque() for topic in _TOPICS}
        self._free = dict(plan.slots)
        self._cancelled = set[str]()
        self._spent_s = dict.fromkeys(_TOPICS, 0.0)
        self._learned_from = 0
        self._ranking = Ranking(0, self._values, 0.0)
        self._hits: list[Hit] = []
        self._updates = 0
        self._cold = dict(plan.slots)
        self._levels = (plan.level, *(rung.level for rung in plan.rungs))

    def live(self) -> Outcome:
        """Live until the campaign is over."""
        starters = self._chance.permutation(self._plan.space_size)[: 2 * self._plan.budget]
        reason = self._tell(Began(0.0, tuple(starters.tolist()), known=()))
        while reason is None:
            self._now_s, _, task = heapq.heappop(self._agenda)
            topic = _topic(task)
            if self._cancelled and task.task_id in self._cancelled:
                self._cancelled.discard(task.task_id)
            else:
                reason = self._tell(self._end(task))
            self._free[topic] += 1
            self._start(topic)
        wall_s = self._now_s
        slots_s = wall_s * self._plan.slots_simulate
        return Outcome(
            reason=reason,
            wall_s=wall_s,
            simulations=self._state.first.successes,
            hits=tuple(self._hits),
            simulate_s=self._spent_s["simulate"],
            train_s=self._spent_s["train"],
            infer_s=self._spent_s["infer"],
            updates=self._updates,
            busy=min(self._spent_s["simulate"] / slots_s, 1.0) if slots_s else 0.0,
        )

    def _tell(self, event: Event) -> FinishReason | None:
        decision = decide(self._state, event)
        self._state = decision.state
        for command in decision.commands:
            if (reason := self._obey(command)) is not None:
                return reason
        return None

    def _obey(self, command: Command) -> FinishReason | None:
        match command:
            case DispatchSimulation(molecule=molecule):
                self._chosen[molecule] = True
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
        self._queues[topic].append(task)
        if self._free[topic]:
            self._start(topic)

    def _start(self, topic: Topic) -> None:
        queue = self._queues[topic]
        while self._free[topic] and queue:
            task = queue.popleft()
            if self._cancelled and task.task_id in self._cancelled:
                self._cancelled.discard(task.task_id)
                continue
            self._free[topic] -= 1
            duration_s = self._duration_s(task)
            if self._cold[topic]:
                duration_s += self._first_s(topic)
            self._spent_s[topic] += duration_s
            self._counted += 1
            begins_s = max(self._now_s + self._assumptions.latency_s, self._assumptions.start_s)
            ends_s = begins_s + duration_s
            heapq.heappush(self._agenda, (ends_s, self._counted, task))

    def _first_s(self, topic: Topic) -> float:
        """What the first task of each worker takes longer."""
        self._cold[topic] -= 1
        match topic:
            case "simulate":
                return self._assumptions.simulate.draw_first(self._chance)
            case "train":
                return self._assumptions.train.draw_first(self._chance)
            case "infer":
                return self._assumptions.infer.draw_first(self._chance)
            case _:
                assert_never(topic)

    def _duration_s(self, task: Dispatch) -> float:
        assumed, chance = self._assumptions, self._chance
        match task:
            case DispatchSimulation(level=level):
                dearer = _DEARER ** self._levels.index(level)
                return dearer * assumed.simulate.draw(chance)
            case DispatchTraining(labels=labels):
                return assumed.train.draw(chance, labels)
            case DispatchInference() | DispatchPrediction():
                return assumed.infer.draw(chance)
            case _:
                assert_never(task)

    def _end(self, task: Dispatch) -> Event:
        match task:
            case DispatchSimulation():
                return self._simulated(task)
            case DispatchTraining(labels=labels):
                self._learned_from = labels
                return TrainingSucceeded(self._now_s, task.task_id)
            case DispatchPrediction():
                return ChunkPredicted(self._now_s, task.task_id)
            case DispatchInference(generation=generation, chunk=chunk):
                candidates = tuple(self._candidates(generation, chunk))
                return ChunkScored(self._now_s, task.task_id, candidates)
            case _:
                assert_never(task)

    def _simulated(self, task: DispatchSimulation) -> Event:
        if self._assumptions.failing and self._chance.random() < self._assumptions.failing:
            return TaskFailed(self._now_s, task.task_id, retryable=False)
        value = float(self._values[task.molecule])
        if task.level == self._levels[0] and value >= self._threshold:
            spent_s = self._spent_s
            learn_s = spent_s["train"] + spent_s["infer"]
            self._hits.append(Hit(self._now_s, spent_s["simulate"], learn_s))
        return SimulationSucceeded(self._now_s, task.task_id, value)

    def _candidates(self, generation: int, chunk: int) -> Iterator[Candidate]:
        if generation != self._ranking.generation:
            error = self._assumptions.learning.error(self._learned_from)
            part = self._assumptions.learning.lasting
            self._ranking = ranked_by(generation, error, part, self._values, self._lasting)
        ranking, molecules = self._ranking, self._plan.molecules_of(chunk)
        here = slice(molecules.start, molecules.stop)
        expected = ranking.expected[here]
        rows = np.flatnonzero(expected >= ranking.least - RARE * ranking.scatter)
        rows = rows[~self._chosen[here][rows]]
        scatter = self._chance.standard_normal(len(rows), dtype=np.float32)
        scores = expected[rows] + np.float32(ranking.scatter) * scatter
        named = np.flatnonzero(scores >= ranking.note(scores, self._plan.shortlist))
        return map(Candidate, (rows[named] + here.start).tolist(), scores[named].tolist())


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
