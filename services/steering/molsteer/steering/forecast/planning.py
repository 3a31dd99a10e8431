"""A campaign's plan, made for a forecast before anything of the campaign exists."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from molsteer.steering.errors import NothingToPlanBy
from molsteer.steering.forecast.assumptions import Assumptions, Duration
from molsteer.steering.forecast.learned import assumed
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.plan import Plan
from molsteer.steering.records.evidence import read_evidence
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.start.identity import plan_of
from molsteer.steering.start.proposal import counted_molecules
from molsteer.steering.start.starters import labels_given


@dataclass(frozen=True, slots=True)
class Stated:
    """What somebody says that is to be taken for granted; None where nothing is said.

    Attributes:
        simulate_s, train_s, infer_s: Seconds of a simulation, of the training of a group of
            members, and of the scoring of a chunk.
        failing: Part of the simulations that fail.
        hit_share: Part of the space that passes the threshold.
    """

    simulate_s: float | None = None
    train_s: float | None = None
    infer_s: float | None = None
    failing: float | None = None
    hit_share: float | None = None


def plan_for(settings: CampaignSettings) -> Plan:
    """Give the plan of a campaign, its molecules counted as far as that is quick.

    Raises:
        SpaceError: If the molecules cannot be read.
        UnusableTrainingSet: If labels are given that cannot be read.
    """
    plan = plan_of(settings, None, len(labels_given(settings)))
    return replace(plan, space_size=counted_molecules(settings.campaign.space)[0])


def assumptions_for(plan: Plan, stated: Stated, earlier: Path | None) -> Assumptions:
    """Take for granted what is stated, and for the rest what an earlier campaign was like.

    Args:
        plan: The plan of the campaign.
        stated: What somebody says.
        earlier: Run directory of an earlier campaign, if there is one.

    Raises:
        NoCampaign: If there is no such campaign.
        NothingToPlanBy: If neither says how long something takes.
    """
    known = Assumptions(Duration(0.0), Duration(0.0), Duration(0.0))
    if earlier is not None:
        with closing(Ledger(earlier, read_only=True)) as ledger:
            known = assumed(read_evidence(ledger), plan.chunk_size)
    said: Mapping[str, float | None] = {
        "simulate": stated.simulate_s,
        "train": stated.train_s,
        "infer": stated.infer_s,
    }
    durations: dict[str, Duration] = {
        kind: _lognormal(seconds) if seconds is not None else getattr(known, kind)
        for kind, seconds in said.items()
    }
    if missing := [kind for kind, duration in durations.items() if not duration.mean_s]:
        raise NothingToPlanBy(missing, earlier)
    return replace(
        known,
        simulate=durations["simulate"],
        train=durations["train"],
        infer=durations["infer"],
        failing=known.failing if stated.failing is None else stated.failing,
        hit_share=known.hit_share if stated.hit_share is None else stated.hit_share,
        drawn=known.drawn if stated.hit_share is None else None,
    )


def _lognormal(mean_s: float) -> Duration:
    """Scatter stated times as the relaxations of drug-like molecules do, by half their size."""
    return Duration(mean_s, scatter=0.5)
