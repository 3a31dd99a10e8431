"""Tasks of the learning services, and what comes of them."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.blob import Blob
from molsteer.shared.wire.bounds import Count, Name, Number, Ordinal
from molsteer.shared.wire.properties import Aim, Indicator, Limit, Output
from molsteer.shared.wire.specs import Acquisition, Surrogate, TrainingPlan


class Calibration(Message):
    """What makes a raw spread one that can be believed: `factor * sqrt(spread**2 + floor**2)`.

    Attributes:
        floor: Doubt that no agreement takes away, in the output's unit.
        factor: What is left to widen or narrow, dimensionless.
    """

    floor: NonNegativeFloat = 0.0
    factor: PositiveFloat = 1.0


class Train(Message):
    """Train a surrogate, or some members of an ensemble, on everything labelled so far.

    Attributes:
        generation: Number of the model update, from 1.
        surrogate: Of which kind.
        members: Which members of the ensemble to train; a surrogate that is none is one member,
            and its number follows those of the ensemble.
        seed: Seed of the campaign; each member derives its own from it and its number.
        outputs: What is to be learned, in the order of the arrays.
        indicators: Which of them tell about others that are other properties.
        training_set: `arrays.training_set.LabelledGraphs`, with features where the surrogate
            reads them; safetensors.
        warm_start: Weights of the same members to go on from, or None to begin from scratch.
    """

    kind: Literal["train"] = "train"
    generation: Ordinal
    surrogate: Surrogate = "graphs"
    members: tuple[NonNegativeInt, ...] = Field(min_length=1)
    seed: NonNegativeInt
    plan: TrainingPlan
    outputs: tuple[Output, ...] = Field(min_length=1)
    indicators: tuple[Indicator, ...] = ()
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
        weights: Stacked weights of the members, in their order, with a manifest, or what else the
            surrogate is made of; safetensors.
        validation_mae: As that of a member, for the mean of all.
        calibration: What the held-out molecules say of the spreads, output by output; none where
            they say nothing.
        device: What it was trained on, `cpu` or a GPU's name.
    """

    kind: Literal["trained"] = "trained"
    generation: Ordinal
    members: tuple[TrainedMember, ...] = Field(min_length=1)
    validation_mae: tuple[Number | None, ...]
    calibration: tuple[Calibration, ...] = ()
    device: Name
    weights: Blob


class Predict(Message):
    """Predict one chunk of the search space with some members, before the others are trained.

    Attributes:
        generation: Number of the model update the weights belong to.
        chunk: Number of the chunk in the space.
        outputs: What the weights predict.
        graphs: Packed graphs of the chunk; safetensors.
        features: `arrays.features.Features` of the chunk, for a surrogate on features; safetensors.
        weights: Weights that one training task gave.
        surrogate: What these are of.
        batch_size: Molecules predicted at a time, at most.
    """

    kind: Literal["predict"] = "predict"
    generation: Ordinal
    chunk: Count
    outputs: tuple[Output, ...] = Field(min_length=1)
    graphs: Blob
    features: Blob | None = None
    weights: Blob
    surrogate: Surrogate = "graphs"
    batch_size: PositiveInt = 10_000


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


class Cost(Message):
    """What a simulation is likely to cost, by the logarithm of the number of heavy atoms.

    Attributes:
        log_seconds: Start and slope of the logarithm of the seconds that it takes.
        log_odds_of_failure: Start and slope of the logarithm of the odds that it fails.
    """

    log_seconds: tuple[Number, Number]
    log_odds_of_failure: tuple[Number, Number]


class Infer(Message):
    """Score one chunk of the search space with the whole ensemble.

    Attributes:
        generation: Number of the model update the weights belong to.
        chunk: Number of the chunk in the space.
        outputs: What the weights predict.
        aims: What is wanted; each objective is of one of the outputs.
        graphs: Packed graphs of the chunk; safetensors.
        features: `arrays.features.Features` of the chunk, if a surrogate reads them; safetensors.
        weights: Weights of all members, one blob for each training task. Surrogates of several
            kinds are averaged, each kind counting alike.
        surrogates: Of which kind each of the weights is; graph networks where it is not said.
        calibration: How the spread of each kind is corrected, output by output, before kinds are
            averaged.
        widening: Factor of each output's spread after that, from the errors of what was chosen
            last; 1 where it is not said.
        predicted: What members have predicted already, each at the place of their weights, or
            None. It spares work and changes nothing: what cannot be used is predicted again.
        front: Merits of labelled molecules that no other one beats by all aims at once, each in the
            scale of its aim: what there is to improve on. The best for a single aim; none while
            nothing is known.
        worst: Lowest merit by each aim among all labels, in its scale: what a molecule is worth
            that is no good; none while nothing is known.
        limits: What molecules have to keep to, each of one of the outputs.
        seed: Seed of the campaign, for rules that draw.
        first: Number in the search space of the chunk's first molecule, likewise.
        cost: By which scores that are logarithms of gains are turned into gains by the second;
            None where cost does not count.
        keep: How many of the chunk's best candidates to return.
        also: Rows of the chunk that are to be among the candidates, whatever their score.
        batch_size: Molecules scored at a time, at most.
    """

    kind: Literal["infer"] = "infer"
    generation: Ordinal
    chunk: Count
    outputs: tuple[Output, ...] = Field(min_length=1)
    aims: tuple[Aim, ...] = Field(min_length=1)
    graphs: Blob
    features: Blob | None = None
    weights: tuple[Blob, ...] = Field(min_length=1)
    surrogates: tuple[Surrogate, ...] = ()
    calibration: dict[Surrogate, tuple[Calibration, ...]] = Field(default_factory=dict)
    widening: tuple[PositiveFloat, ...] = ()
    predicted: tuple[Blob | None, ...] = ()
    acquisition: Acquisition
    front: tuple[tuple[Number, ...], ...] = ()
    worst: tuple[Number, ...] = ()
    limits: tuple[Limit, ...] = ()
    seed: NonNegativeInt = 0
    first: Count = 0
    cost: Cost | None = None
    keep: PositiveInt
    also: tuple[Count, ...] = ()
    batch_size: PositiveInt = 10_000

    @model_validator(mode="after")
    def _check_front(self) -> Self:
        if any(len(point) != len(self.aims) for point in self.front):
            raise ValueError("each point of the front has as many merits as there are aims")
        if len(self.worst) not in (0, len(self.aims)):
            raise ValueError("there are as many worst merits as there are aims")
        if any(limit.output not in self.outputs for limit in self.limits):
            raise ValueError("each limit is of one of the outputs")
        return self


class Inferred(Message):
    """The best candidates of one chunk, and a summary of the rest.

    Attributes:
        scored: Molecules in the chunk.
        candidates: `arrays.candidates.Candidates`; safetensors.
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
