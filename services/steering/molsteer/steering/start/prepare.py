"""Makes a run directory that of a campaign, or recognises the campaign that it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from molsteer.steering.control.requests import changes_of
from molsteer.steering.ledger import known_labels
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.plan import Plan
from molsteer.steering.run_directory import claim
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.changes import Changes, replanned
from molsteer.steering.settings.whole_numbers import in_numbers
from molsteer.steering.space.progress import Progress
from molsteer.steering.space.search_space import SearchSpace, open_or_build
from molsteer.steering.start.additions.grown import as_grown
from molsteer.steering.start.features import with_features
from molsteer.steering.start.identity import identity_of, plan_of
from molsteer.steering.start.models import keep_given, read_given, sized
from molsteer.steering.start.replay.tables import replayed
from molsteer.steering.start.starters import keep_known, read_known


@dataclass(frozen=True, slots=True)
class Start:
    """What a campaign begins or goes on with.

    Attributes:
        campaign_id: The same whenever it goes on.
        settings: As it began, with the size of its ensemble.
        changes: What was changed since.
        plan: What settings and changes mean to the policy.
        space: Its molecules, with those that were added since.
        searched: Molecules of the space whose labels were known before.
    """

    campaign_id: str
    settings: CampaignSettings
    changes: Changes
    plan: Plan
    space: SearchSpace
    searched: list[int]


def prepare(
    settings: CampaignSettings, ledger: Ledger, on_building: Callable[[Progress], None]
) -> Start:
    """Read and keep everything that a campaign begins with, and claim its run directory.

    Args:
        settings: What to run.
        ledger: Of the run directory, which this process holds.
        on_building: Called now and then if the search space has to be built first.

    Raises:
        UserError: If models, labels or molecules cannot be used, or it is another campaign's.
    """
    folder, campaign = settings.run_dir, settings.campaign
    given = read_given(settings)
    settings = sized(settings, given)
    known = read_known(settings, ledger)
    space = open_or_build(
        campaign.space,
        folder / "space",
        settings.infer.chunk_size,
        smiles_column=campaign.smiles_column,
        admission=settings.admission(),
        on_progress=on_building,
    )
    space = with_features(settings, space, on_building)
    labels, changes = keep_known(known, space, ledger), changes_of(ledger)
    settings = replayed(in_numbers(settings, len(space)), space).keep()
    plan = plan_of(settings, space, labels)
    identity = identity_of(settings, space, given, plan)
    campaign_id = claim(folder, ledger, campaign.name, identity, changes)
    keep_given(given, folder, ledger)
    space = as_grown(space, ledger, folder)
    searched = known_labels.molecules(ledger)
    return Start(campaign_id, settings, changes, replanned(plan, changes), space, searched)
