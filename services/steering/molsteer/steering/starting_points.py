"""What a campaign begins with: labels that were known before, and molecules drawn at random."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

from molsteer.steering.ledger import known_labels
from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.settings import CampaignSettings
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.training_set import read_training_set


def read_known(settings: CampaignSettings, ledger: Ledger) -> list[KnownLabel]:
    """Read the training set, if there is one; once a campaign has begun, its ledger holds it.

    Raises:
        UnusableTrainingSet: If it cannot be read or contradicts itself.
    """
    training_set = settings.campaign.training_set
    if training_set is None or ledger.has_events:
        return []
    return read_training_set(training_set)


def keep_known(known: Sequence[KnownLabel], space: SearchSpace, ledger: Ledger) -> int:
    """Write what `read_known` gave into the ledger, unless the campaign has begun.

    Returns:
        How many labels were known before the campaign began.
    """
    if not ledger.has_events:
        molecules = space.find([label.inchikey for label in known])
        with ledger.transaction():
            known_labels.replace_all(ledger, known, molecules)
    return known_labels.count(ledger)


def draw_starters(
    settings: CampaignSettings, molecules: int, searched: Collection[int]
) -> Sequence[int]:
    """Draw molecules to simulate before there is a model, none of those searched before."""
    count = settings.policy.shortlist
    chance = random.Random(settings.campaign.seed)  # noqa: S311
    drawn = chance.sample(range(molecules), min(count + len(searched), molecules))
    left_out = set(searched)
    return [molecule for molecule in drawn if molecule not in left_out][:count]
