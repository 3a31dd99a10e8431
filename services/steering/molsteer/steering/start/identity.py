"""What settings mean to the policy, and what of them makes a campaign the one it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from molsteer.shared.wire.properties import Indicator, Objective
from molsteer.steering.policy.plan import Plan
from molsteer.steering.settings.amounts import whole
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.changes import knob, values
from molsteer.steering.settings.learning import MEMBERS
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.start.model_files import Weights
from molsteer.steering.start.models import digest as digest_of_models
from molsteer.steering.start.training_set import digest


def plan_of(settings: CampaignSettings, space: SearchSpace | None, known_labels: int) -> Plan:
    """Give the rules that the policy decides by.

    Args:
        settings: The campaign's.
        space: Its molecules; None while they are not built, for a plan that only tells budgets.
        known_labels: Labels that are known before it begins.
    """
    policy = settings.policy
    return Plan(
        budget=whole(settings.campaign.budget),
        budget_counts=settings.campaign.budget_counts,
        slots_simulate=settings.simulate.slots,
        slots_train=settings.train.slots,
        slots_infer=settings.infer.slots,
        buffer=policy.buffer,
        shortlist=policy.shortlist,
        first_training_after=whole(policy.first_training_after),
        retrain_after=whole(policy.retrain_after),
        during_update=policy.during_update,
        warm_start=policy.start_from == "warm",
        merge=policy.merge,
        members=settings.train.members or MEMBERS,
        pretrained=bool(settings.train.models),
        space_size=0 if space is None else len(space),
        chunk_size=settings.infer.chunk_size if space is None else space.chunk_size,
        attempts=policy.attempts,
        failure_limit=policy.failure_limit,
        known_labels=known_labels,
        predict_early=policy.inference == "model",
        labels_first=known_labels >= whole(policy.first_training_after),
        level=settings.levels[0].name,
        rungs=settings.rungs,
        promotion=policy.promotion,
        prices=_stated_prices(settings),
        surrogates=settings.train.surrogate,
        control_share=policy.control_share,
        seed=settings.campaign.seed,
    )


def identity_of(
    settings: CampaignSettings, space: SearchSpace, given: Weights | None, plan: Plan
) -> Mapping[str, object]:
    """Name everything that decisions depend on; slots and thresholds may change meanwhile."""
    changeable = values(settings)
    fixed = {
        "campaign.name": settings.campaign.name,
        "campaign.seed": settings.campaign.seed,
        "campaign.space": space.digest,
        "policy.starter": settings.policy.starter,
        "policy.cost_aware": settings.policy.cost_aware,
        "train": settings.train.plan().model_dump(),
        "objectives": [_told(objective) for objective in settings.objectives],
        "outputs": [f"{output.key} in {output.unit or 'no unit'}" for output in settings.outputs],
    }
    fixed |= {f"{topic}.handler": handler for topic, handler in settings.handlers.items()}
    fixed |= _levels(settings)
    fixed |= {f"level.{each.output.level}.indicator": _shown(each) for each in settings.indicators}
    training_set = settings.campaign.training_set
    if training_set is not None:
        fixed["campaign.training_set"] = digest(training_set)
        for name in ("training_smiles_column", "training_label_column"):
            if (column := getattr(settings.campaign, name)) is not None:
                fixed[f"campaign.{name}"] = column
    if given:
        fixed["train.models"] = digest_of_models(given)
    named = {name: value for name, value in changeable.items() if not name.endswith(".slots")}
    derived = {knob(name) for name in changeable} | {"labels_first", "level", "rungs", "seed"}
    rest = {f"plan.{name}": value for name, value in asdict(plan).items() if name not in derived}
    return fixed | named | rest


def facts_of(settings: CampaignSettings) -> Mapping[str, object]:
    """Give what the ledger keeps for those who read it: what is computed, and what is wanted."""
    kept = {
        "outputs": settings.outputs,
        "indicators": settings.indicators,
        "objectives": settings.objectives,
        "limits": settings.limits,
        "levels": settings.levels,
    }
    told: dict[str, object] = {
        name: [each.model_dump(mode="json") for each in found] for name, found in kept.items()
    }
    truth, top = settings.campaign.truth, settings.campaign.truth_top
    return told | {
        "costs": settings.costs.model_dump(mode="json"),
        "truth": None if truth is None else {"file": truth.name, "top": top},
    }


def _stated_prices(settings: CampaignSettings) -> tuple[float | None, ...]:
    """Give what simulations are said to take, level by level; nothing where nobody says so."""
    prices = tuple(level.price_s for level in settings.level)
    return prices if any(prices) else ()


def _levels(settings: CampaignSettings) -> Mapping[str, object]:
    """Name the levels in their order, and each detail of each."""
    levels, shares = settings.levels, {rung.level: rung.share for rung in settings.rungs}
    return (
        {"levels": [level.name for level in levels]}
        | {f"level.{name}.share": share for name, share in shares.items()}
        | {
            f"level.{level.name}.{detail}": value
            for level in levels
            for detail, value in level.spec.model_dump(exclude={"table", "speed"}).items()
        }
        | {
            f"level.{level.name}.table": level.spec.table.stem
            for level in levels
            if level.spec.table is not None
        }
    )


def _told(objective: Objective) -> str:
    """Say what is wanted, but not what makes a hit."""
    target = "" if objective.target is None else f" {objective.target!r}"
    return f"{objective.goal} {objective.output.key}{target}"


def _shown(indicator: Indicator) -> str:
    return f"{'minus ' if indicator.falls else ''}{indicator.output.name} for {indicator.of}"
