"""What can happen to a campaign: the only input of `decide`, and what its journal holds.

Every event says when it happened, `at`, in seconds of the Unix epoch. Values, weights and other
data are not in here: the policy decides without them.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from molsteer.steering.policy.plan import Plan, Topic
from molsteer.steering.policy.values.frozen import value


class Candidate(NamedTuple):
    """A molecule that an ensemble recommends; a tuple, so that the journal stays small.

    Attributes:
        molecule: Number of the molecule in the search space.
        score: Value of the acquisition function, or merit of a label; higher is simulated first.
        chance: How probably it is among the best at the highest level, of which there are as many
            as that level has places; None where nobody can tell yet, or asks.
    """

    molecule: int
    score: float
    chance: float | None = None


@value(frozen=True, slots=True)
class Began:
    """The campaign began; the first event of every journal, and only the first.

    Attributes:
        starters: Molecules to simulate before there is a model, in that order.
        known: Molecules of the space whose labels are among `Plan.known_labels`.
    """

    at: float
    starters: tuple[int, ...]
    known: tuple[int, ...] = ()
    kind: Literal["began"] = "began"


@value(frozen=True, slots=True)
class SimulationSucceeded:
    """A molecule has its label at a level.

    Attributes:
        merit: How good it is by what was computed, larger is better, comparable within a level;
            None if nothing of it tells.
        seconds: What it took, None if nobody knows.
    """

    at: float
    task_id: str
    merit: float | None = None
    seconds: float | None = None
    kind: Literal["simulation-succeeded"] = "simulation-succeeded"


@value(frozen=True, slots=True)
class TrainingSucceeded:
    """A group of members has its weights."""

    at: float
    task_id: str
    kind: Literal["training-succeeded"] = "training-succeeded"


@value(frozen=True, slots=True)
class ChunkPredicted:
    """One group of members has predicted a chunk of the search space."""

    at: float
    task_id: str
    kind: Literal["chunk-predicted"] = "chunk-predicted"


@value(frozen=True, slots=True)
class ChunkScored:
    """A chunk of the search space has been scored.

    Attributes:
        candidates: The chunk's best, best first, at least `Plan.shortlist` of them if it has so
            many; more make up for molecules that were simulated already. Those that the task named
            as climbing are among them. The journal holds only those that counted.
    """

    at: float
    task_id: str
    candidates: tuple[Candidate, ...]
    kind: Literal["chunk-scored"] = "chunk-scored"


@value(frozen=True, slots=True)
class TaskFailed:
    """A task of any kind ended without a value.

    Attributes:
        retryable: Whether doing the same again may succeed.
    """

    at: float
    task_id: str
    retryable: bool
    kind: Literal["task-failed"] = "task-failed"


@value(frozen=True, slots=True)
class SlotsChanged:
    """Workers came or went; with fewer slots, what runs goes on.

    Attributes:
        slots: Slots that the topic has now, zero or more.
    """

    at: float
    topic: Topic
    slots: int
    kind: Literal["slots-changed"] = "slots-changed"


@value(frozen=True, slots=True)
class PlanChanged:
    """Somebody turned knobs of the plan; a campaign that has ended looks whether it goes on.

    Attributes:
        plan: The whole plan from now on; ensemble, search space and the names of the levels are
            those it had.
    """

    at: float
    plan: Plan
    kind: Literal["plan-changed"] = "plan-changed"


@value(frozen=True, slots=True)
class Paused:
    """Somebody wants nothing new to begin; what runs goes on."""

    at: float
    kind: Literal["paused"] = "paused"


@value(frozen=True, slots=True)
class Resumed:
    """Somebody wants the campaign to go on: after a pause, a stop, or an end that may be undone."""

    at: float
    kind: Literal["resumed"] = "resumed"


@value(frozen=True, slots=True)
class StopRequested:
    """Somebody wants the campaign to end: nothing new begins, updates are taken back.

    Attributes:
        now: Whether running simulations are taken back as well, instead of being waited for.
    """

    at: float
    now: bool = False
    kind: Literal["stop-requested"] = "stop-requested"


@value(frozen=True, slots=True)
class RetryRequested:
    """Somebody believes that molecules that were given up can be simulated after all.

    Attributes:
        molecules: Which ones, at the level that gave them up; those that none gave up are passed
            over.
    """

    at: float
    molecules: tuple[int, ...]
    kind: Literal["retry-requested"] = "retry-requested"


@value(frozen=True, slots=True)
class LabelsAdded:
    """Labels from elsewhere came to those that were known; a campaign that has ended looks again.

    Attributes:
        labels: How many.
        known: Molecules of the space among theirs, none of which was chosen before.
    """

    at: float
    labels: int
    known: tuple[int, ...] = ()
    kind: Literal["labels-added"] = "labels-added"


@value(frozen=True, slots=True)
class SpaceGrown:
    """Molecules came to the search space, behind those that it had, which keep their numbers.

    Attributes:
        space_size: Molecules that it has now.
        known: New molecules whose labels are known already.
    """

    at: float
    space_size: int
    known: tuple[int, ...] = ()
    kind: Literal["space-grown"] = "space-grown"


@value(frozen=True, slots=True)
class Ticked:
    """Nothing happened but time."""

    at: float
    kind: Literal["ticked"] = "ticked"


TaskEnded = SimulationSucceeded | TrainingSucceeded | ChunkPredicted | ChunkScored | TaskFailed
Addition = LabelsAdded | SpaceGrown
Control = PlanChanged | Paused | Resumed | StopRequested | RetryRequested | Addition
Event = Began | TaskEnded | SlotsChanged | Control | Ticked
