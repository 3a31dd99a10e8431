"""Percentages as numbers of molecules, once it is known how many there are."""

from __future__ import annotations

from math import ceil

from molsteer.steering.policy.plan import Plan
from molsteer.steering.settings.amounts import Amount, Percentage, in_molecules, whole
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.changes import Changes

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
    policy = settings.policy
    least = _needed(max(whole(policy.first_training_after), whole(policy.retrain_after)))
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
    least = _needed(int(numbers.get("policy.retrain_after", plan.retrain_after)))
    if int(numbers.get("policy.shortlist", plan.shortlist)) < least:
        numbers["policy.shortlist"] = least
    return numbers


def _needed(batch: int) -> int:
    """Count what may be taken before there is another ranking; some of it may fail."""
    return ceil(1.1 * batch)


def _with(settings: CampaignSettings, section: str, update: dict[str, object]) -> CampaignSettings:
    changed = getattr(settings, section).model_copy(update=update)
    return settings.model_copy(update={section: changed})
