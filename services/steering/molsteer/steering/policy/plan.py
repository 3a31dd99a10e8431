"""The knobs of a campaign, as the policy sees them; whoever reads settings has validated them."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

Topic = Literal["simulate", "train", "infer"]
"""The three kinds of task; equal to the topics of the wire, which the policy may not import."""

Surrogate = Literal["graphs", "gp", "trees"]
"""What can be trained; equal to the surrogates of the wire."""

DuringUpdate = Literal["continue", "hold-while-training", "pause"]
BudgetCounts = Literal["successes", "attempts"]
Merge = Literal["progressive", "complete"]
Promotion = Literal["share", "price"]


@dataclass(frozen=True, slots=True)
class Rung:
    """A level above the first: the best molecules of the level below are simulated again.

    Attributes:
        share: Part of the molecules of the level below that climb, above 0 and at most 1.
    """

    level: str
    share: float

    def part_of(self, molecules: int) -> float:
        """How many of the molecules of the level below climb, still to be rounded."""
        return round(molecules * self.share, 9)  # 0.07 * 100 is 7, not a little more


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a campaign is to be steered.

    Attributes:
        budget: Simulations wanted at the first level.
        budget_counts: Whether budgets count what succeeded, or what was given up as well.
        level: The first level, at which molecules are simulated that a model chose.
        rungs: The levels above it, in order.
        promotion: Who climbs, and when: the best by the level below as soon as a rung's share
            allows (`share`), or whoever promises more for what is still to be paid than the next
            new molecule does (`price`).
        prices: Seconds of a simulation at each level as somebody stated them, None where it is
            measured; empty where all are.
        slots_simulate: Simulations that can run at once.
        slots_train: Training tasks in flight at most.
        slots_infer: Inference tasks in flight at most.
        buffer: Simulations that wait in the queue beyond the running ones, if any can run.
        shortlist: Ranked candidates that are kept, and molecules that may climb to each rung.
        first_training_after: Labels that must exist before the first update; where budgets count
            attempts, molecules that were given up count here as well, beside one label.
        retrain_after: Labels since the last update's training set that make the next one due,
            counted alike.
        during_update: What happens to free simulation slots: `continue` fills them,
            `hold-while-training` fills them again once the members are trained, `pause` once the
            update has ended. What was chosen before goes on in each, further attempts included.
        warm_start: Whether members go on from their last weights instead of from scratch.
        merge: Whether a chunk's candidates are used as they arrive, or all when the update ends.
        members: Size of the ensemble of graph networks.
        surrogates: What is trained in an update.
        control_share: Part of the choices that chance makes from the first one on that a model
            would make, 0 to 1.
        seed: Makes the random order in which chance chooses.
        space_size: Molecules in the search space, numbered from 0.
        chunk_size: Molecules in a chunk; molecule `m` lies in chunk `m // chunk_size`.
        attempts: Tries of a task whose failures are retryable.
        failure_limit: Molecules given up in a row at one level, without a success in between,
            after which the campaign ends as failing.
        pretrained: Whether models are given that rank the space before anything is trained.
        known_labels: Labels that exist before the campaign begins, of molecules in the space or
            outside; the budget does not count them.
        labels_first: Whether the labels that were known suffice for a model, which then names the
            first molecules.
        predict_early: Whether groups of members that are trained predict chunks while others are
            still being trained.
    """

    budget: int
    slots_simulate: int
    slots_train: int
    slots_infer: int
    buffer: int
    shortlist: int
    first_training_after: int
    retrain_after: int
    during_update: DuringUpdate
    warm_start: bool
    merge: Merge
    members: int
    space_size: int
    chunk_size: int
    attempts: int
    failure_limit: int
    pretrained: bool = False
    known_labels: int = 0
    predict_early: bool = False
    labels_first: bool = False
    level: str = "xtb"
    rungs: tuple[Rung, ...] = ()
    promotion: Promotion = "share"
    prices: tuple[float | None, ...] = ()
    surrogates: tuple[Surrogate, ...] = ("graphs",)
    budget_counts: BudgetCounts = "successes"
    control_share: float = 0.0
    seed: int = 0

    @property
    def learners(self) -> int:
        """Members that are trained in an update; a surrogate that is no ensemble counts as one."""
        return sum(self.members if each == "graphs" else 1 for each in self.surrogates)

    @property
    def budgets(self) -> tuple[int, ...]:
        """Simulations wanted at each level, the first one's before those of rungs."""
        budgets = [self.budget]
        for rung in self.rungs:
            budgets.append(ceil(rung.part_of(budgets[-1])))
        return tuple(budgets)

    @property
    def slots(self) -> dict[Topic, int]:
        """Tasks of each topic that can run at once."""
        return {
            "simulate": self.slots_simulate,
            "train": self.slots_train,
            "infer": self.slots_infer,
        }

    @property
    def chunks(self) -> int:
        """Chunks of the search space; the last one may be smaller."""
        return -(-self.space_size // self.chunk_size)

    def molecules_of(self, chunk: int) -> range:
        """The molecules of a chunk."""
        return range(chunk * self.chunk_size, min((chunk + 1) * self.chunk_size, self.space_size))
