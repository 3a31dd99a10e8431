"""Percentages as numbers of molecules, once it is known how many there are."""

from __future__ import annotations

from typing import Any

from molsteer.steering.policy.plan import Plan
from molsteer.steering.settings.amounts import Amount, Percentage, in_molecules, whole
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.changes import Changes, knob

_AMOUNTS = ("campaign.budget", "policy.first_training_after", "policy.retrain_after")


def in_numbers(settings: CampaignSettings, space_size: int) -> CampaignSettings:
    """Fill in numbers for percentages, and a shortlist that no update can use up.

    Args:
        settings: As they were given.
        space_size: Molecules in the search space.
    """
    for name in _AMOUNTS:
        section, key = name.split(".")
        amount: Amount = getattr(getattr(settings, section), key)
        settings = _with(settings, section, {key: in_molecules(amount, space_size)})
    policy, simulate = settings.policy, settings.simulate
    batch = max(whole(policy.first_training_after), whole(policy.retrain_after))
    least = _needed(batch, simulate.slots, policy.buffer, policy.failure_limit)
    return _with(settings, "policy", {"shortlist": max(policy.shortlist, least)})


def changes_in_numbers(changes: Changes, plan: Plan) -> Changes:
    """Do the same to changes of a campaign.

    Args:
        changes: New values by the full names of their settings.
        plan: As it was before.
    """
    numbers = dict(changes)
    for name in _AMOUNTS:
        if isinstance(amount := numbers.get(name), str):
            numbers[name] = in_molecules(Percentage(amount), plan.space_size)
    known: dict[str, Any] = {knob(name): value for name, value in numbers.items()}
    if "policy.retrain_after" in numbers or "policy.shortlist" in numbers:
        least = _needed(
            known.get("retrain_after", plan.retrain_after),
            known.get("slots_simulate", plan.slots_simulate),
            known.get("buffer", plan.buffer),
            known.get("failure_limit", plan.failure_limit),
        )
        shortlist = max(known.get("shortlist", plan.shortlist), least)
        if shortlist != known.get("shortlist", plan.shortlist):
            numbers["policy.shortlist"] = shortlist
    return numbers


def _needed(batch: int, slots: int, buffer: int, failures: int) -> int:
    """Count what may be taken before there is another ranking, failures included."""
    return batch + slots + buffer + failures


def _with(settings: CampaignSettings, section: str, update: dict[str, object]) -> CampaignSettings:
    changed = getattr(settings, section).model_copy(update=update)
    return settings.model_copy(update={section: changed})
