"""What the policy asks for: the only output of `decide`.

A task is known by its `task_id`, a pure function of what is to be done and of the attempt, so that
replaying a journal asks for the same tasks under the same names.
"""

from __future__ import annotations

from typing import Literal

from molsteer.steering.policy.plan import Surrogate
from molsteer.steering.policy.values.frozen import value


@value(frozen=True, slots=True)
class DispatchSimulation:
    """Simulate a molecule at a level.

    Attributes:
        taken_back: Earlier attempts that are no tries: they were taken back while they ran, or
            lie before somebody asked to try the molecule anew.
        by_chance: Whether chance chose the molecule where a model would have.
    """

    molecule: int
    level: str
    attempt: int = 1
    taken_back: int = 0
    by_chance: bool = False

    @property
    def task_id(self) -> str:
        """`simulate/{molecule}/{level}/{attempt}`."""
        return f"simulate/{self.molecule}/{self.level}/{self.attempt}"


@value(frozen=True, slots=True)
class DispatchTraining:
    """Train a group of members on the first `labels` results in the order they were settled.

    Attributes:
        generation: Number of the update, from 1.
        group: Number of the group within the update, from 0.
        members: Members of the ensemble that form the group.
        warm: Go on from the members' weights of the last update that was completed.
        surrogate: What the members are; one that is no ensemble is a group of one member.
    """

    generation: int
    group: int
    members: tuple[int, ...]
    labels: int
    warm: bool
    attempt: int = 1
    surrogate: Surrogate = "graphs"

    @property
    def task_id(self) -> str:
        """`train/{generation}/{group}/{attempt}`."""
        return f"train/{self.generation}/{self.group}/{self.attempt}"


@value(frozen=True, slots=True)
class DispatchPrediction:
    """Predict a chunk with one group of members, while others are still being trained.

    This is work done in advance: whoever scores the chunk does without it if need be.
    """

    generation: int
    chunk: int
    group: int
    attempt: int = 1

    @property
    def task_id(self) -> str:
        """`infer/{generation}/{chunk}/{group}/{attempt}`, one number more than inference."""
        return f"infer/{self.generation}/{self.chunk}/{self.group}/{self.attempt}"


@value(frozen=True, slots=True)
class DispatchInference:
    """Score a chunk with every member that was trained in this generation.

    Attributes:
        control: Molecules of the chunk of which the prediction is wanted, whatever their score,
            because chance may choose them next.
        climbing: Molecules of the chunk that may climb, of which it is wanted what they promise.
    """

    generation: int
    chunk: int
    attempt: int = 1
    control: tuple[int, ...] = ()
    climbing: tuple[int, ...] = ()

    @property
    def task_id(self) -> str:
        """`infer/{generation}/{chunk}/{attempt}`."""
        return f"infer/{self.generation}/{self.chunk}/{self.attempt}"


@value(frozen=True, slots=True)
class CancelTasks:
    """Take tasks back; what they still report will change nothing."""

    task_ids: tuple[str, ...]


UpdateOutcome = Literal["completed", "failed", "cancelled"]


@value(frozen=True, slots=True)
class UpdateEnded:
    """No task of this update is in flight any more, and none will be.

    Attributes:
        outcome: `completed` there is a model and a ranking by it, `failed` no member could be
            trained or no chunk be scored, `cancelled` nobody needed it any more. The weights of a
            completed update are wanted until the next one is completed, all others are not.
    """

    generation: int
    outcome: UpdateOutcome


FinishReason = Literal["budget-reached", "out-of-candidates", "stopped", "failing"]


@value(frozen=True, slots=True)
class Finish:
    """The campaign is over; nothing follows unless somebody resumes it or changes its plan.

    Attributes:
        reason: `budget-reached` all simulations wanted are there, those of rungs as far as anybody
            can climb; `out-of-candidates` the space is exhausted, or a model without a new label
            names nothing new; `stopped` on request; `failing` too many molecules failed in a row,
            or there is nothing left to simulate and no model to ask.
    """

    reason: FinishReason


Dispatch = DispatchSimulation | DispatchTraining | DispatchPrediction | DispatchInference
Command = Dispatch | CancelTasks | UpdateEnded | Finish
