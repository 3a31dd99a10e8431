"""`--dry-run`: what a campaign would do, and whether it would run at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from molsteer.shared.cli.saying import say

if TYPE_CHECKING:
    from molsteer.steering.settings.campaign import CampaignSettings
    from molsteer.steering.settings.changes import Changes

dry_run = click.option(
    "--dry-run",
    is_flag=True,
    help="Check everything and print what would be done; nothing is run, written or published. "
    "Exit status 2 if it would not run.",
)


def rehearse(settings: CampaignSettings, changes: Changes | None = None) -> None:
    """Print what a campaign would do.

    Args:
        settings: What would run.
        changes: What would be changed before it goes on.

    Raises:
        WouldNotRun: If it would not run; names all that is in the way.
    """
    from molsteer.steering.rehearsal import Rehearsal

    say("\n".join(Rehearsal(settings, changes or {}).plan()))
    say("Nothing was run or written. The same command without --dry-run does it.")
