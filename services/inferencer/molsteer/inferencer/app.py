"""The inferencer as the worker runtime sees it."""

from __future__ import annotations

from molsteer.inferencer.scorer import Scorer


def build() -> Scorer:
    """Make the handler of `infer` tasks: of chunks to score, and to predict in advance."""
    return Scorer()
