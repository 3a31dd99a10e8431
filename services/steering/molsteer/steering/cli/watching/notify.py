"""`molsteer notify`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from molsteer.shared.cli.options import as_json
from molsteer.shared.cli.saying import say

if TYPE_CHECKING:
    from molsteer.steering.settings.campaign import CampaignSettings


@click.command()
@click.argument("campaign", type=click.Path(path_type=Path))
@as_json
def notify(campaign: Path, *, as_json: bool) -> None:
    """Send a test to whoever is told about CAMPAIGN, a settings file or a run directory.

    Each way that [notify] names is tried once. Exit status 1 if one does not work.

    \b
    Examples:
      molsteer notify campaign.toml
      molsteer notify runs/quickstart
    """
    from molsteer.shared.errors import SettingsError
    from molsteer.steering.errors import NotDelivered
    from molsteer.steering.notify.notice import About, notice
    from molsteer.steering.notify.senders import senders

    settings = _settings(campaign)
    ways = senders(settings.notify)
    if not ways:
        cure = "[notify] names nobody. Give it a command, a url or a url_file."
        raise SettingsError(str(campaign), [cure])
    about = About(settings.campaign.name, settings.run_dir)
    test = notice("test", "asked for", about, None, time.time())
    problems: dict[str, str | None] = {}
    for way in ways:
        try:
            way.send(test)
            problems[way.name] = None
        except NotDelivered as error:
            problems[way.name] = str(error)
    if as_json:
        say(json.dumps({"sent": problems}))
    else:
        for name, problem in problems.items():
            say(problem or f"{name} took the test.")
    sys.exit(1 if any(problems.values()) else 0)


def _settings(campaign: Path) -> CampaignSettings:
    from molsteer.steering.run_directory import public_settings
    from molsteer.steering.settings.campaign import load_campaign

    return public_settings(campaign) if campaign.is_dir() else load_campaign(campaign, {})
