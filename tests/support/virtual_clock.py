"""Whole campaigns on a virtual clock, with imagined workers and a made-up property."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import exp
from random import Random

from support.referee import Campaign, success

from molsteer.steering.policy.commands import (
    CancelTasks,
    Command,
    Dispatch,
    DispatchInference,
    DispatchPrediction,
    DispatchSimulation,
    DispatchTraining,
)
from molsteer.steering.policy.events import Candidate, ChunkScored, Event, TaskFailed
from molsteer.steering.policy.plan import Plan

MEAN_S = {"simulate": 60.0, "train": 120.0, "infer": 10.0}


@dataclass(frozen=True)
class Trouble:
    """How often tasks fail, report twice, or report although they were taken back."""

    failing: float = 0.0
    twice: float = 0.0
    late: float = 0.0


@dataclass
class World:
    """Workers, queues and a property with a few outstanding molecules.

    The scores of a model are the true values with noise that shrinks with the labels it has seen.
    """

    plan: Plan
    seed: int
    trouble: Trouble = Trouble()
    now: float = 0.0
    busy_s: float = 0.0
    agenda: list[tuple[float, int, Dispatch]] = field(default_factory=list)
    queues: dict[str, deque[Dispatch]] = field(default_factory=dict)
    workers: dict[str, int] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    learned_from: int = 0

    def __post_init__(self) -> None:
        plan = self.plan
        self.chance = Random(self.seed)
        self.values = [self.chance.gauss(10.0, 1.0) for _ in range(plan.space_size)]
        self.queues = {topic: deque() for topic in MEAN_S}
        self.workers = {
            "simulate": plan.slots_simulate,
            "train": plan.slots_train,
            "infer": plan.slots_infer,
        }
        self.levels = [plan.level, *(rung.level for rung in plan.rungs)]
        order = list(range(plan.space_size))
        self.chance.shuffle(order)
        self.campaign = Campaign(plan, tuple(order[: 2 * plan.budget]))

    def run(self) -> World:
        """Live until the campaign is over."""
        self._obey(self.campaign.first_commands)
        while not self.campaign.finished:
            self.now, _, task = heapq.heappop(self.agenda)
            for event in self._reports(task):
                self._obey(self.campaign.tell(event))
            topic = task.task_id.split("/")[0]
            self.workers[topic] += 1
            self._start(topic)
        return self

    @property
    def found(self) -> list[float]:
        """Values of all molecules simulated at the first level, highest first."""
        return sorted((self.values[m] for m in self.labelled), reverse=True)

    @property
    def labelled(self) -> set[int]:
        """The molecules that have a label at the first level."""
        return self.labelled_at(self.plan.level)

    def labelled_at(self, level: str) -> set[int]:
        """The molecules that have a label at a level."""
        return self.campaign.referee.labelled_at(level)

    @property
    def utilisation(self) -> float:
        """The share of the simulators' time in which they worked."""
        return self.busy_s / (self.now * self.plan.slots_simulate)

    def best_there_are(self, share: float) -> set[int]:
        """The molecules with the highest values."""
        ranking = sorted(range(len(self.values)), key=lambda molecule: -self.values[molecule])
        return set(ranking[: int(share * len(ranking))])

    def _obey(self, commands: tuple[Command, ...]) -> None:
        for command in commands:
            match command:
                case CancelTasks(task_ids=task_ids):
                    self.cancelled.update(task_ids)
                case (
                    DispatchSimulation()
                    | DispatchTraining()
                    | DispatchPrediction()
                    | DispatchInference()
                ):
                    topic = command.task_id.split("/")[0]
                    self.queues[topic].append(command)
                    self._start(topic)

    def _start(self, topic: str) -> None:
        queue = self.queues[topic]
        while self.workers[topic] and queue:
            task = queue.popleft()
            if task.task_id in self.cancelled:
                continue
            self.workers[topic] -= 1
            duration_s = self.chance.expovariate(1.0 / self._mean_s(task))
            self.busy_s += duration_s if topic == "simulate" else 0.0
            heapq.heappush(self.agenda, (self.now + duration_s, len(self.campaign.journal), task))

    def _mean_s(self, task: Dispatch) -> float:
        """A level takes ten times as long as the one below."""
        if isinstance(task, DispatchSimulation):
            return MEAN_S["simulate"] * 10.0 ** self.levels.index(task.level)
        return MEAN_S[task.task_id.split("/")[0]]

    def _reports(self, task: Dispatch) -> Iterator[Event]:
        if task.task_id in self.cancelled and self.chance.random() >= self.trouble.late:
            return
        event = self._outcome(task)
        yield event
        if self.chance.random() < self.trouble.twice:
            yield event

    def _outcome(self, task: Dispatch) -> Event:
        if self.chance.random() < self.trouble.failing:
            return TaskFailed(self.now, task.task_id, retryable=self.chance.random() < 0.5)
        if isinstance(task, DispatchTraining):
            self.learned_from = task.labels
        if isinstance(task, DispatchInference):
            candidates = self._score(task.chunk, task.climbing)
            return ChunkScored(self.now, task.task_id, candidates)
        merit = self._compute(task) if isinstance(task, DispatchSimulation) else None
        return success(self.now, task.task_id, merit=merit)

    def _compute(self, task: DispatchSimulation) -> float:
        """The first level errs by some, each further one by less."""
        place = self.levels.index(task.level)
        return self.values[task.molecule] + self.chance.gauss(0.0, 0.3 / 4**place)

    def _score(self, chunk: int, climbing: tuple[int, ...]) -> tuple[Candidate, ...]:
        error = 3.0 / (1.0 + self.learned_from / 5.0)
        scores = [
            self._told(molecule, self.values[molecule] + self.chance.gauss(0.0, error))
            for molecule in self.plan.molecules_of(chunk)
        ]
        scores.sort(key=lambda candidate: -candidate.score)
        best, rest = scores[: 2 * self.plan.shortlist], scores[2 * self.plan.shortlist :]
        return *best, *(each for each in rest if each.molecule in climbing)

    def _told(self, molecule: int, score: float) -> Candidate:
        """A candidate; where anybody asks, with a chance that grows with the score."""
        by_price = self.plan.promotion == "price"
        return Candidate(molecule, score, 1 / (1 + exp(-score)) if by_price else None)
