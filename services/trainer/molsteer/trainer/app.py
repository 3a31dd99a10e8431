"""The trainer as the worker runtime sees it."""

from __future__ import annotations

from typing import assert_never

from molsteer.shared.ml.device import limit_threads
from molsteer.shared.wire.learning import Train, Trained
from molsteer.shared.worker.port import Handler, TaskContext
from molsteer.trainer.ensemble import train_ensemble
from molsteer.trainer.on_features.training import train_on_features


def build() -> Handler[Train, Trained]:
    """Make the handler of `train` tasks."""
    return train


def train(body: Train, context: TaskContext) -> Trained:
    """Train the surrogate that a task asks for, or some of its members.

    Raises:
        UnusableGraphs: If the molecules of the training set cannot be read.
        UnusableLabels: If its values or features cannot be learned from.
        MissingFeatures: If the surrogate reads features, and there are none.
        UnusableWeights: If the weights to start from cannot be read.
        WrongArchitecture: If the weights to start from are of another architecture.
        Diverged: If a member predicts no numbers before it was ever better than at its start.
        BlobError: If training set or weights are missing or damaged.
    """
    limit_threads()
    match body.surrogate:
        case "graphs":
            return train_ensemble(body, context)
        case "gp" | "trees":
            return train_on_features(body, context)
        case _:
            assert_never(body.surrogate)
