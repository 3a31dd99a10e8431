"""`--site`: a campaign whose workers come up and go down with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from molsteer.shared.cli.saying import say

if TYPE_CHECKING:
    from molsteer.steering.settings.campaign import CampaignSettings
    from molsteer.steering.sites.batch import BatchSite
    from molsteer.steering.sites.deployment.access import Tables

Flags = Mapping[str, Mapping[str, object]]

at_site = click.option(
    "--site",
    "site",
    metavar="NAME",
    help="Let the workers be those of this site's profile (see `molsteer site`): they come up with "
    "the campaign, follow its queues, and go down with it if they were not up before.",
)


@contextmanager
def deployed(name: str | None, *, dry_run: bool) -> Iterator[tuple[BatchSite | None, Tables]]:
    """Bring a site up while the context lasts; give what runs its workers, and the settings.

    Raises:
        UserError: If the site cannot be used.
    """
    if name is None:
        yield None, {}
        return
    if dry_run:
        raise click.UsageError(
            "--dry-run submits nothing; leave --site out, and look at what the site would be asked "
            "for with: molsteer site render NAME"
        )
    from molsteer.shared.settings.sections import QueueSettings
    from molsteer.steering.sites.batch import BatchSite
    from molsteer.steering.sites.deployment.deployment import open_deployment

    deployment = open_deployment(name)
    was_up = deployment.is_up
    try:
        tables = deployment.settings(deployment.up({"simulate": 1}))
        yield BatchSite(deployment, QueueSettings.model_validate(tables["queue"])), tables
    finally:
        if not was_up and deployment.is_up:
            deployment.down()
            say(f"molsteer: the site {name} is down again.", err=True)


def merged(flags: Flags, at_the_site: Tables) -> Flags:
    """Let a site say where queues, stores and workers are, whatever flags say."""
    sections = {*flags, *at_the_site}
    return {name: {**flags.get(name, {}), **at_the_site.get(name, {})} for name in sections}


def moved(settings: CampaignSettings, at_the_site: Tables) -> CampaignSettings:
    """Let a campaign that goes on have its queues, stores and workers at a site."""
    document = settings.model_dump(mode="python")
    for name, values in at_the_site.items():
        whole = name in {"queue", "stores"}
        document[name] = values if whole else {**document[name], **values}
    update = {
        name: type(getattr(settings, name)).model_validate(document[name]) for name in at_the_site
    }
    return settings.model_copy(update=update)
