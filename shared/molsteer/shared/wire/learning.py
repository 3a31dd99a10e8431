"""Tasks of the learning services, and what comes of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.blob import Blob
from molsteer.shared.wire.bounds import Count, Name, Number, Ordinal
from molsteer.shared.wire.properties import Aim, Output
from molsteer.shared.wire.specs import Acquisition, TrainingPlan


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
