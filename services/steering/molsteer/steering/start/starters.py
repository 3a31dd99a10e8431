"""What a campaign begins with: labels that were known before, and the first molecules."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from typing import assert_never

from molsteer.steering.ledger import known_labels
from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.settings.amounts import whole
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.start.training_set import Columns, read_training_set

SAMPLE = 10_000
"""Molecules among which clusters are looked for, however large the space is."""


def read_known(settings: CampaignSettings, ledger: Ledger) -> list[KnownLabel]:
    """Read the training set, if there is one; once a campaign has begun, its ledger holds it.

    Raises:
        UnusableTrainingSet: If it cannot be read or contradicts itself.
    """
    return [] if ledger.has_events else labels_given(settings)


def labels_given(settings: CampaignSettings) -> list[KnownLabel]:
    """Read the training set, whose labels are of what the leading objective wants; none if none.

    Raises:
        UnusableTrainingSet: If it cannot be read or contradicts itself.
    """
    campaign, output = settings.campaign, settings.objectives[0].output
    if campaign.training_set is None:
        return []
    (level,) = (level for level in settings.levels if level.name == output.level)
    columns = Columns(campaign.training_smiles_column, campaign.training_label_column)
    return read_training_set(campaign.training_set, output, level, columns)


def keep_known(known: Sequence[KnownLabel], space: SearchSpace, ledger: Ledger) -> int:
    """Write what `read_known` gave into the ledger, unless the campaign has begun.

    Returns:
        How many labels were known before the campaign began.
    """
    if not ledger.has_events:
        molecules = space.find([label.smiles for label in known])
        with ledger.transaction():
            known_labels.replace_all(ledger, known, molecules)
            ledger.set_fact("training_rows", sum(label.rows for label in known))
    return known_labels.count_at_start(ledger)


def told_of_known(ledger: Ledger, space: SearchSpace) -> Iterator[str]:
    """Say how many labels were known, of how many molecules of the space, and what may be amiss."""
    from rdkit import rdBase

    count = known_labels.count(ledger)
    if count == 0:
        return
    searched = len(known_labels.molecules(ledger))
    yield f"Labels known before: {count:,}, {searched:,} of them of molecules in the search space."
    if (here := rdBase.rdkitVersion) != space.manifest.rdkit:
        yield (
            f"The search space was built with RDKit {space.manifest.rdkit}, and here is {here}, "
            f"which may write some molecules otherwise; labels of these are not recognised in it. "
            f"Build it again to be sure."
        )


def draw_starters(
    settings: CampaignSettings, space: SearchSpace, searched: Collection[int]
) -> Sequence[int]:
    """Draw molecules to simulate before there is a model, none of those searched before."""
    count, seed = settings.policy.shortlist, settings.campaign.seed
    match settings.policy.starter:
        case "random":
            return _draw(count, space, searched, seed)
        case "k-means":
            from molsteer.steering.start.clusters import representatives  # RDKit

            sample = _draw(max(count, SAMPLE), space, searched, seed)
            smiles = [space.smiles(molecule) for molecule in sample[:SAMPLE]]
            middles = representatives(smiles, whole(settings.policy.first_training_after), seed)
            return list(dict.fromkeys([*(sample[place] for place in middles), *sample]))[:count]
        case starter:
            assert_never(starter)


def _draw(count: int, space: SearchSpace, searched: Collection[int], seed: int) -> list[int]:
    chance = random.Random(seed)  # noqa: S311
    drawn = chance.sample(range(len(space)), min(count + len(searched), len(space)))
    left_out = set(searched)
    return [molecule for molecule in drawn if molecule not in left_out][:count]
