"""`--site`: a campaign whose workers come up and go down with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from molsteer.shared.cli.saying import say
from molsteer.shared.settings.loading import origins_of
from molsteer.shared.settings.names import Name
from molsteer.shared.wire.topics import Topic

if TYPE_CHECKING:
    from molsteer.steering.settings.campaign import CampaignSettings
    from molsteer.steering.sites.deployment.access import Tables
    from molsteer.steering.sites.port import Site

Flags = Mapping[str, Mapping[str, object]]

at_site = click.option(
    "--site",
    "site",
    metavar="NAME",
    help="Let the workers be those of this site's profile (see `molsteer site`): they come up with "
    "the campaign, follow its queues, and go down with it if they were not up before.",
)


@dataclass(frozen=True, slots=True)
class AtSite:
    """A site that is up.

    Attributes:
        workers: Runs the workers.
        tables: Settings of campaigns there.
        slots: Tasks of each topic that all blocks together do at once.
    """

    workers: Site
    tables: Tables
    slots: Mapping[Topic, int]


@contextmanager
def deployed(name: str | None, *, dry_run: bool) -> Iterator[AtSite | None]:
    """Bring a site up while the context lasts.

    Raises:
        UserError: If the site cannot be used.
    """
    if name is None:
        yield None
        return
    if dry_run:
        raise click.UsageError(
            "--dry-run submits nothing; leave --site out, and look at what the site would be asked "
            "for with: molsteer site render NAME"
        )
    from molsteer.shared.host.interrupts import tidy_up_on_terminate
    from molsteer.shared.settings.sections import QueueSettings
    from molsteer.steering.sites.batch import BatchSite
    from molsteer.steering.sites.deployment.deployment import open_deployment

    tidy_up_on_terminate()
    deployment = open_deployment(name)
    with deployment.place.used() as use:
        try:
            tables = deployment.settings(deployment.up({"simulate": 1}))
            queue = QueueSettings.model_validate(tables["queue"])
            yield AtSite(BatchSite(deployment, queue), tables, deployment.slots())
        finally:
            if deployment.is_up and not deployment.place.read().kept and use.is_last():
                deployment.down()
                say(f"molsteer: the site {name} is down again.", err=True)


def merged(file: Path | None, flags: Flags, at: AtSite | None) -> Flags:
    """Let a site say where queues, stores and workers are, whatever flags say.

    A campaign that does not say how much is to be done at once fills all blocks.
    """
    if at is None:
        return flags
    origins, added = origins_of(file, flags), at.tables
    for topic, slots in at.slots.items():
        if origins.of(Name(topic, "slots")) == "nowhere":
            added = {**added, topic: {**added[topic], "slots": slots}}
    sections = {*flags, *added}
    return {name: {**flags.get(name, {}), **added.get(name, {})} for name in sections}


def moved(settings: CampaignSettings, at: AtSite | None) -> CampaignSettings:
    """Let a campaign that goes on have its queues, stores and workers at a site."""
    if at is None:
        return settings
    document = settings.model_dump(mode="python")
    for name, values in at.tables.items():
        whole = name in {"queue", "stores"}
        document[name] = values if whole else {**document[name], **values}
    update = {
        name: type(getattr(settings, name)).model_validate(document[name]) for name in at.tables
    }
    return settings.model_copy(update=update)
