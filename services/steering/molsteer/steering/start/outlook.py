"""What to expect of a campaign before it begins: when models choose, and whether they ever do."""

from __future__ import annotations

from molsteer.shared.wording import counted
from molsteer.steering.settings.amounts import whole
from molsteer.steering.settings.campaign import CampaignSettings


def labels_missing(settings: CampaignSettings, known_labels: int) -> int:
    """Count the simulations that the first models wait for."""
    if settings.train.models:
        return 0
    return max(0, whole(settings.policy.first_training_after) - known_labels)


def when_models_begin(settings: CampaignSettings, known_labels: int) -> str:
    """Tell in a sentence from when on models choose what is simulated."""
    if settings.train.models:
        return "Models that are given rank the molecules before anything is simulated."
    missing, budget = labels_missing(settings, known_labels), whole(settings.campaign.budget)
    if missing == 0:
        return (
            f"The first models are trained from the {counted(known_labels, 'label')} given, before "
            f"anything is simulated."
        )
    if missing >= budget:
        return f"No models are trained before the budget of {budget} is reached."
    return (
        f"The first {missing} molecules are {_drawn(settings)}; then models are trained, and again "
        f"after every {settings.policy.retrain_after} new labels."
    )


def warning(settings: CampaignSettings, known_labels: int) -> str | None:
    """Warn where a budget is so small that models never choose, and tell what to change.

    While the first models are trained, as many simulations go on as there are places.
    """
    missing, budget = labels_missing(settings, known_labels), whole(settings.campaign.budget)
    simulate, policy = settings.simulate, settings.policy
    meanwhile = simulate.slots + policy.buffer if policy.during_update == "continue" else 0
    if missing == 0 or missing + meanwhile < budget:
        return None
    how_many = "All" if missing >= budget else "Nearly all"
    known = f", of which {known_labels} are given" if known_labels else ""
    return (
        f"{how_many} {counted(budget, 'molecule')} will be {_drawn(settings)}: the first models "
        f"are trained after {policy.first_training_after} labels{known}. To let models choose, "
        f"begin them earlier ({_earlier(budget, meanwhile)}), raise --budget above "
        f"{missing + meanwhile}, or give labels that are known (--training-set)."
    )


def _earlier(budget: int, meanwhile: int) -> str:
    after = min(budget // 3, budget - meanwhile - 1)
    if after >= 1:
        return f"--policy-first-training-after {after}"
    return f"--policy-first-training-after {max(1, budget // 3)} --policy-during-update pause"


def _drawn(settings: CampaignSettings) -> str:
    match settings.policy.starter:
        case "random":
            return "drawn at random"
        case starter:
            return f"drawn by {starter}, without a model"
