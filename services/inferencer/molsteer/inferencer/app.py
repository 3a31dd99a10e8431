"""The inferencer as the worker runtime sees it."""

from __future__ import annotations

from molsteer.inferencer.scorer import Scorer
from molsteer.shared.messages import Infer, Inferred
from molsteer.shared.worker.port import Handler


def build() -> Handler[Infer, Inferred]:
    """Make the handler of `infer` tasks."""
    return Scorer()
