"""From what one campaign tells to what a forecast of another takes for granted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from molsteer.steering.forecast.assumptions import USUAL_HIT_SHARE, Assumptions, Duration, Learning
from molsteer.steering.records.evidence import Evidence

_OF_MEAN_ERROR = 1.2533
"""Standard deviation of normally distributed errors whose mean size is 1."""

_STEEPEST = 0.6
"""A few errors can fall by chance alone; no power beyond this one is believed."""


def assumed(evidence: Evidence, chunk_size: int) -> Assumptions:
    """Take for granted what an earlier campaign was like.

    Args:
        evidence: What that campaign tells; it has simulated, trained and scored.
        chunk_size: Molecules in a chunk of the campaign that is planned.
    """
    longer = chunk_size / evidence.chunk_size
    usual = Assumptions(Duration(0.0), Duration(0.0), Duration(0.0))
    return Assumptions(
        simulate=Duration(_mean(evidence.simulate_s), seen_s=evidence.simulate_s),
        train=replace(
            _of_labels(evidence.train_s),
            first_s=evidence.first_train_s,
            first_scatter=_scatter([took_s for _, took_s in evidence.train_s]),
        ),
        infer=Duration(
            longer * _mean(evidence.infer_s),
            seen_s=tuple(longer * took_s for took_s in evidence.infer_s),
            first_s=evidence.first_infer_s,
            first_scatter=_scatter(evidence.infer_s),
        ),
        start_s=evidence.start_s,
        latency_s=usual.latency_s if evidence.latency_s is None else evidence.latency_s,
        failing=evidence.failing,
        hit_share=_hit_share(evidence),
        learning=_learning(evidence),
        drawn=_drawn(evidence),
    )


def _mean(seen_s: Sequence[float]) -> float:
    return float(np.mean(seen_s)) if seen_s else 0.0


def _scatter(seen_s: Sequence[float]) -> float:
    """Take loading to scatter as what follows does: both are delayed by what else a machine does.

    A campaign loads once or twice, which tells its size and not how it differs.
    """
    return float(np.std(np.log(np.maximum(seen_s, 1e-6)))) if len(seen_s) > 2 else 0.0


def _of_labels(seen: Sequence[tuple[int, float]]) -> Duration:
    """Fit a line through durations that grow with the labels."""
    if not seen:
        return Duration(0.0)
    labels, took_s = np.array(seen, dtype=np.float64).T
    if len(np.unique(labels)) < 3:
        return Duration(float(took_s.mean()), seen_s=tuple(took_s.tolist()))
    slope, at_none = np.polyfit(labels, took_s, 1)
    if slope < 0:
        return Duration(float(took_s.mean()), seen_s=tuple(took_s.tolist()))
    expected = np.maximum(at_none + slope * labels, 1e-6)
    scatter = float(np.std(np.log(np.maximum(took_s, 1e-6) / expected)))
    return Duration(float(at_none), scatter, float(slope))


def _hit_share(evidence: Evidence) -> float:
    """Estimate the part of the space that passes, one half counted where there was none."""
    if evidence.hits is None or not evidence.drawn:
        return USUAL_HIT_SHARE
    return (evidence.hits + 0.5) / (len(evidence.drawn) + 1)


def _drawn(evidence: Evidence) -> tuple[int, int] | None:
    if evidence.hits is None or not evidence.drawn:
        return None
    return evidence.hits, len(evidence.drawn)


def _learning(evidence: Evidence) -> Learning:
    usual = Learning()
    spread = float(np.std(evidence.drawn)) if len(evidence.drawn) > 1 else 0.0
    if not evidence.errors or not spread:
        return usual
    labels, error = np.array(evidence.errors, dtype=np.float64).T
    relative = np.log(np.clip(_OF_MEAN_ERROR * error / spread, 0.01, 1.0))
    grown = np.log(np.maximum(labels, 1.0) / 100)
    decay = usual.decay
    if len(np.unique(labels)) >= 3:
        decay = float(np.clip(-np.polyfit(grown, relative, 1)[0], 0.0, _STEEPEST))
    at_100 = float(np.exp(np.mean(relative + decay * grown)))
    return Learning(at_100=min(at_100, 1.0), decay=decay)
