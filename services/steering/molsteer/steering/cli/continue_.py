"""`molsteer continue`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from molsteer.shared.cli.options import Verbosity, verbosity
from molsteer.shared.errors import SettingsError
from molsteer.shared.foreign_text import shell_word
from molsteer.steering.cli.at_site import at_site, deployed, moved
from molsteer.steering.cli.dry_run import dry_run, rehearse
from molsteer.steering.cli.flags.settings import Given, changing_flags, flags_by_section
from molsteer.steering.settings.changes import may_change


@click.command("continue")
@click.argument("run_dir", type=click.Path(path_type=Path))
@dry_run
@at_site
@verbosity
@changing_flags(may_change)
def continue_(
    run_dir: Path, verbosity: Verbosity, site: str | None, *, dry_run: bool, **flags: Given
) -> None:
    """Go on with the campaign in RUN_DIR, however it was interrupted, stopped or paused.

    The run directory knows the campaign: molecules, settings, stores, server and workers. Secrets
    come from their files and variables as ever. Settings that are given here are changed from now
    on, as with `molsteer set`; what the results depend on cannot be changed.

    \b
    Examples:
      molsteer continue runs/quickstart
      molsteer continue runs/quickstart --budget 240
      molsteer continue runs/quickstart --simulate-slots 8 --policy-beta 2
    """
    if run_dir.suffix == ".toml" and run_dir.is_file():
        cure = f"Begin with it, or go on where it stopped: molsteer run {shell_word(run_dir)}"
        raise SettingsError(str(run_dir), [f"These are settings, and no run directory. {cure}"])

    from molsteer.steering.cli.console import follow
    from molsteer.steering.control.requests import asked
    from molsteer.steering.start.going_on import going_on

    found = going_on(run_dir, flags_by_section(flags))
    with deployed(site, dry_run=dry_run) as at:
        if dry_run:
            rehearse(found.settings, found.changes)
            return
        with asked(run_dir, found.requests):
            status = follow(moved(found.settings, at), verbosity, at.workers if at else None)
    sys.exit(status)
