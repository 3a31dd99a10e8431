"""The wire: what steering asks of workers, and what they answer.

Every message is frozen, refuses unknown fields, and is told apart by its `kind`. Large data travels
as a `Blob`, failures as an `ErrorRecord`; nothing here is ever pickled. Times are seconds of the
Unix epoch on the clock of whoever wrote them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.blob import Blob, Placement, Transfer
from molsteer.shared.wire.bounds import Count, Duration, Moment, Name, Number, Ordinal
from molsteer.shared.wire.outcome.failure import ErrorRecord as ErrorRecord
from molsteer.shared.wire.outcome.failure import Failed as Failed
from molsteer.shared.wire.outcome.stage import Stage as Stage
from molsteer.shared.wire.properties import Aim, Output, PropertyName, Quantity, Unit
from molsteer.shared.wire.specs import Acquisition, Level, TrainingPlan
from molsteer.shared.wire.topics import Topic

PROTOCOL = 2
"""Raised whenever an older reader could misread a message."""

CampaignId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
TaskId = Annotated[
    str,
    Field(
        pattern=r"^(simulate/[0-9]+/[A-Za-z0-9][A-Za-z0-9_.-]{0,62}/[0-9]+"
        r"|(train|infer)(/[0-9]+){3,4})$"
    ),
]


class Simulate(Message):
    """Compute properties of one molecule at one level.

    Attributes:
        wanted: The properties by name, and the unit in which each is understood.
    """

    kind: Literal["simulate"] = "simulate"
    smiles: str = Field(min_length=1, max_length=10_000)
    level: Level
    wanted: dict[PropertyName, Unit] = Field(min_length=1)


class Train(Message):
    """Train members of the ensemble on everything labelled so far.

    Attributes:
        generation: Number of the model update, from 1.
        members: Which members of the ensemble to train.
        seed: Seed of the campaign; each member derives its own from it and its number.
        outputs: What is to be learned, in the order of the arrays.
        training_set: `training_set.LabelledGraphs`; safetensors.
        warm_start: Weights of the same members to go on from, or None to begin from scratch.
    """

    kind: Literal["train"] = "train"
    generation: Ordinal
    members: tuple[NonNegativeInt, ...] = Field(min_length=1)
    seed: NonNegativeInt
    plan: TrainingPlan
    outputs: tuple[Output, ...] = Field(min_length=1)
    training_set: Blob
    warm_start: tuple[Blob, ...] | None = None


class Predict(Message):
    """Predict one chunk of the search space with some members, before the others are trained.

    Attributes:
        generation: Number of the model update the weights belong to.
        chunk: Number of the chunk in the space.
        outputs: What the weights predict.
        graphs: Packed graphs of the chunk; safetensors.
        weights: Weights that one training task gave.
        batch_size: Molecules predicted at a time.
    """

    kind: Literal["predict"] = "predict"
    generation: Ordinal
    chunk: Count
    outputs: tuple[Output, ...] = Field(min_length=1)
    graphs: Blob
    weights: Blob
    batch_size: PositiveInt = 512


class Infer(Message):
    """Score one chunk of the search space with the whole ensemble.

    Attributes:
        generation: Number of the model update the weights belong to.
        chunk: Number of the chunk in the space.
        outputs: What the weights predict.
        aims: What is wanted; each objective is of one of the outputs.
        graphs: Packed graphs of the chunk; safetensors.
        weights: Weights of all members, one blob for each training task.
        predicted: What members have predicted already, each at the place of their weights, or
            None. It spares work and changes nothing: what cannot be used is predicted again.
        keep: How many of the chunk's best candidates to return.
        batch_size: Molecules scored at a time.
    """

    kind: Literal["infer"] = "infer"
    generation: Ordinal
    chunk: Count
    outputs: tuple[Output, ...] = Field(min_length=1)
    aims: tuple[Aim, ...] = Field(min_length=1)
    graphs: Blob
    weights: tuple[Blob, ...] = Field(min_length=1)
    predicted: tuple[Blob | None, ...] = ()
    acquisition: Acquisition
    keep: PositiveInt
    batch_size: PositiveInt = 512


TaskBody = Annotated[Simulate | Train | Predict | Infer, Field(discriminator="kind")]


class Task(Message):
    """One piece of work for one worker.

    Attributes:
        attempt: How often steering has asked for this piece of work, from 1; part of the id.
        issued_at: When steering published it.
        max_s: Hard limit on its run time; past it the worker's process is killed.
        max_starts: How often it may take its process down before it counts as poison; a start that
            was handed back, or lost with the whole worker, does not count.
        reply: Where the worker puts large results.
    """

    protocol: Literal[2] = 2
    campaign: CampaignId
    task_id: TaskId
    attempt: Ordinal = 1
    issued_at: Moment
    max_s: PositiveFloat
    max_starts: PositiveInt = 3
    reply: Placement = Placement()
    body: TaskBody

    @property
    def topic(self) -> Topic:
        """The queue the task belongs to."""
        return "infer" if self.body.kind == "predict" else self.body.kind


class Simulated(Message):
    """Properties of one molecule at one level.

    Attributes:
        smiles: The molecule, spelled as in its task; another one is no answer.
        values: What was asked for, and whatever came with it, by the name of the property.
        steps: Relaxation steps of each state of the molecule, as `neutral` and `cation`.
        engine: Program and version that computed it.
        charge: Of the molecule as it was given, in elementary charges.
        multiplicities: Of the spins of the states; empty if the level does not tell.
        records: QCSchema results by name, as `neutral`, `cation` and `vertical`; msgpack.
    """

    kind: Literal["simulated"] = "simulated"
    smiles: str = Field(max_length=10_000)
    values: dict[PropertyName, Quantity] = Field(min_length=1)
    steps: dict[Name, Count] = Field(default_factory=dict)
    engine: Name
    charge: int = 0
    multiplicities: dict[Name, Ordinal] = Field(default_factory=dict)
    records: Blob


class TrainedMember(Message):
    """How the training of one member went.

    Attributes:
        validation_mae: Mean absolute error of each output on the member's own held-out molecules,
            in the output's unit; None where none of these has a label of it.
        stopped: Why training ended.
    """

    member: Count
    epochs: Count
    validation_mae: tuple[Number | None, ...]
    stopped: Literal["converged", "epochs", "deadline"]


class Trained(Message):
    """Weights of trained members.

    Attributes:
        weights: Stacked weights of the members, in their order, with a manifest; safetensors.
        validation_mae: As that of a member, for the mean of all.
        device: What it was trained on, `cpu` or a GPU's name.
    """

    kind: Literal["trained"] = "trained"
    generation: Ordinal
    members: tuple[TrainedMember, ...] = Field(min_length=1)
    validation_mae: tuple[Number | None, ...]
    device: Name
    weights: Blob


class Predicted(Message):
    """What some members predict for one chunk.

    Attributes:
        predictions: `member` (int64, shape (members,)), the members' numbers, and `value`
            (float32, shape (members, outputs, molecules)) in the outputs' units; safetensors.
        device: What it was predicted on.
    """

    kind: Literal["predicted"] = "predicted"
    generation: Ordinal
    chunk: Count
    predictions: Blob
    device: Name


class Inferred(Message):
    """The best candidates of one chunk, and a summary of the rest.

    Attributes:
        scored: Molecules in the chunk.
        candidates: `candidates.Candidates`; safetensors.
        mean, spread: Averages over the whole chunk, output by output.
        device: What it was scored on.
    """

    kind: Literal["inferred"] = "inferred"
    generation: Ordinal
    chunk: Count
    scored: Ordinal
    candidates: Blob
    mean: tuple[Number, ...]
    spread: tuple[Number, ...]
    device: Name


Result = Annotated[Simulated | Trained | Predicted | Inferred | Failed, Field(discriminator="kind")]


class Outcome(Message):
    """What became of a task: exactly one of these counts for each task id.

    Attributes:
        attempt: The attempt it answers.
        start: How many times the task had begun when it ended, less those it was handed back.
        worker: Host and process that ran it.
        started_at: When the worker began.
        ended_at: When the work was done, and its result not yet stored.
        reported_at: When the outcome was handed over.
        cpu_s: Processor time of the work.
        transfers: What moved between the worker and the stores meanwhile.
        stages: What the time went into, in the order in which the stages began.
    """

    protocol: Literal[2] = 2
    campaign: CampaignId
    task_id: TaskId
    attempt: Ordinal
    start: Count
    worker: Name
    started_at: Moment
    ended_at: Moment
    reported_at: Moment
    cpu_s: Duration = 0.0
    transfers: tuple[Transfer, ...] = Field(default=(), max_length=100)
    stages: tuple[Stage, ...] = Field(default=(), max_length=100)
    result: Result
