"""The sections of a campaign's settings that are about its models."""

from __future__ import annotations

from pydantic import Field, PositiveFloat, PositiveInt

from molsteer.shared.settings.sections import TopicSection
from molsteer.shared.wire.specs import ON_FEATURES, Surrogate, TrainingPlan
from molsteer.steering.settings.kinds import Paths, Surrogates

MEMBERS = 8
"""Networks in an ensemble whose size is not given."""

HANDLER = r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"
"""A function as MODULE:FUNCTION."""


class TrainSection(TopicSection):
    """The surrogate and its training."""

    surrogate: Surrogates = Field(
        default=("graphs",),
        description="What learns: graphs (an ensemble of graph networks), gp (a Gaussian process), "
        "trees (extremely randomised trees), several of them, or auto for all; all but graphs read "
        "features. Of several, each update ranks by the best on held-out labels, or by the average "
        "of those that are about as good.",
    )
    slots: PositiveInt = Field(default=1, description="Training tasks at the same time.")
    members: PositiveInt | None = Field(
        default=None,
        description="Networks in the ensemble; if not given as many as `models` hold, or "
        f"{MEMBERS}.",
    )
    models: Paths = Field(
        default=(),
        description="Models that were trained before, which rank the space before anything is "
        "trained: .safetensors files of `molsteer export --format safetensors` or of a run "
        "directory. A single member stands for all.",
    )
    width: PositiveInt = Field(
        default=TrainingPlan().width, description="Features of each atom inside the network."
    )
    layers: PositiveInt = Field(
        default=TrainingPlan().layers, description="Rounds of message passing."
    )
    epochs: PositiveInt = Field(
        default=TrainingPlan().epochs, description="Passes over the training set at most."
    )
    batch_size: PositiveInt = Field(
        default=TrainingPlan().batch_size, description="Molecules in one training step."
    )
    learning_rate: PositiveFloat = Field(
        default=TrainingPlan().learning_rate, description="Step size at the start of a training."
    )
    patience: PositiveInt = Field(
        default=TrainingPlan().patience,
        description="Epochs without a better held-out error after which a new member stops; "
        "half as many for one that goes on.",
    )
    deadline_s: PositiveFloat = Field(
        default=TrainingPlan().deadline_s,
        description="Seconds after which training returns the best weights it has.",
    )
    handler: str | None = Field(
        default=None,
        pattern=HANDLER,
        description="Function that builds another trainer, as MODULE:FUNCTION, for the workers "
        "started here; the inferencer must know its weights.",
    )

    @property
    def on_features(self) -> tuple[Surrogate, ...]:
        """Those of the surrogates that read features."""
        return tuple(each for each in self.surrogate if each in ON_FEATURES)

    def plan(self) -> TrainingPlan:
        """Give the part that travels to the trainers."""
        return TrainingPlan(**self.model_dump(include=set(TrainingPlan.model_fields)))


class InferSection(TopicSection):
    """Scoring of the search space."""

    slots: PositiveInt = Field(default=1, description="Scoring tasks at the same time.")
    chunk_size: PositiveInt = Field(
        default=10_000, description="Molecules in one chunk, when the space is built here."
    )
    batch_size: PositiveInt = Field(
        default=10_000, description="Molecules scored in one pass, which share what is alike."
    )
    time_limit_s: PositiveFloat = Field(
        default=3600.0, description="Seconds after which the scoring of a chunk is killed."
    )
    handler: str | None = Field(
        default=None,
        pattern=HANDLER,
        description="Function that builds another inferencer, as MODULE:FUNCTION, for the workers "
        "started here.",
    )
