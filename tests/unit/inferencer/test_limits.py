"""Molecules that are likely to break a limit are simulated later."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from molsteer.inferencer.acquisition import Floats
from molsteer.inferencer.ranking import rank
from molsteer.inferencer.rules.limits import log_kept, weighed
from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.wire.arrays.candidates import Candidates
from molsteer.shared.wire.blob import Inline, Placement
from molsteer.shared.wire.learning import Infer
from molsteer.shared.wire.properties import Aim, Limit, Objective, Output
from molsteer.shared.wire.specs import Acquisition
from molsteer.shared.worker.port import TaskContext

pytestmark = pytest.mark.fast

GAP = Output(name="gap", level="xtb", unit="eV")
SOLVATION = Output(name="solvation", level="xtb", unit="eV")
BELOW = Limit(output=SOLVATION, below=-0.3)


def moments(*solvation: float, spread: float = 0.1) -> tuple[Floats, Floats]:
    return np.array([np.zeros(len(solvation)), solvation]), np.full((2, len(solvation)), spread)


@pytest.mark.parametrize(
    ("limit", "low", "high"),
    [
        (BELOW, -np.inf, -0.3),
        (Limit(output=SOLVATION, above=-0.3), -0.3, np.inf),
        (Limit(output=SOLVATION, above=-0.5, below=-0.3), -0.5, -0.3),
    ],
)
def test_the_chance_is_that_of_a_normal_distribution(limit: Limit, low: float, high: float) -> None:
    values = (-0.6, -0.4, -0.31, -0.3, 0.1)
    found = log_kept([limit], [GAP, SOLVATION], *moments(*values))
    chance = [
        stats.norm(value, 0.1).cdf(high) - stats.norm(value, 0.1).cdf(low) for value in values
    ]
    assert np.exp(found) == pytest.approx(chance, abs=1e-12)


def test_the_chances_of_several_limits_are_multiplied() -> None:
    small = Limit(output=GAP, below=0.0)
    both = log_kept([BELOW, small], [GAP, SOLVATION], *moments(-0.3))
    assert np.exp(both) == pytest.approx([0.25])


def test_a_score_is_worth_its_chance_above_what_is_worthless() -> None:
    scores, kept = np.array([3.0, 3.0, -2.0]), np.log([1.0, 0.25, 0.25])
    assert weighed(scores, kept, worthless=-1.0) == pytest.approx([3.0, 0.0, -2.0])


def ranked(
    kind: str, gaps: list[float], solvation: list[float], *limits: Limit, **told: object
) -> list[int]:
    """Rank molecules of which the members are unsure by 0.1 eV."""
    values = np.array([gaps, solvation], dtype=np.float32)
    members = np.stack([values - 0.1, values + 0.1])
    blobs = MemoryBlobs()
    body = Infer(
        generation=1,
        chunk=0,
        outputs=(GAP, SOLVATION),
        aims=(Aim(objective=Objective(output=GAP)),),
        graphs=Inline(codec="raw", data=b""),
        weights=(Inline(codec="raw", data=b""),),
        acquisition=Acquisition(kind=kind, beta=1.0),
        limits=limits,
        keep=9,
        **{"front": ((5.0,),), "worst": (1.0,), **told},  # type: ignore[arg-type]
    )
    context = TaskContext(blobs, Placement(), Path(), remaining_s=600.0)
    answer = rank(body, members, context, "cpu")
    arrays = blobs.arrays(answer.candidates)
    rows: list[int] = Candidates.from_arrays(arrays, 2, len(gaps)).row.tolist()
    return rows


GAPS, SOLVATIONS = [5.6, 5.3, 5.0], [0.0, -0.6, -0.6]


@pytest.mark.parametrize("kind", ["ucb", "greedy", "ei", "pi", "pareto", "thompson", "ehvi"])
def test_every_rule_but_chance_prefers_what_keeps_the_limit(kind: str) -> None:
    assert ranked(kind, GAPS, SOLVATIONS)[0] == 0
    assert ranked(kind, GAPS, SOLVATIONS, BELOW) == [1, 2, 0]


def test_chance_stays_chance() -> None:
    assert ranked("random", GAPS, SOLVATIONS) == ranked("random", GAPS, SOLVATIONS, BELOW)


def test_while_nothing_is_known_the_chance_alone_counts() -> None:
    assert ranked("ucb", GAPS, [0.0, -0.6, -0.3], BELOW, front=(), worst=()) == [1, 2, 0]
