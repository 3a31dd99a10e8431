"""`molsteer run`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from molsteer.shared.cli.options import Verbosity, verbosity
from molsteer.shared.cli.saying import say
from molsteer.shared.host.expendable import expendable_output
from molsteer.steering.cli.at_site import at_site, deployed, merged
from molsteer.steering.cli.dry_run import dry_run, rehearse
from molsteer.steering.cli.flags.command_line import RunCommand, choose, seed_flags
from molsteer.steering.cli.flags.run_help import help_all
from molsteer.steering.cli.flags.settings import Given, setting_flags
from molsteer.steering.settings.campaign import load_campaign


@click.command(cls=RunCommand)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@dry_run
@at_site
@verbosity
@help_all
@setting_flags
@seed_flags
def run(
    file: Path | None, verbosity: Verbosity, site: str | None, *, dry_run: bool, **flags: Given
) -> None:
    """Run the campaign described in FILE, or go on with it where it was stopped.

    Every setting can be given in FILE (TOML), as a variable MOLSTEER_SECTION__KEY, or as a flag;
    flags are the strongest. Ctrl-C once lets the running simulations end, twice ends at once; the
    same command goes on later.

    The options of molecular-design's run.py work as well; docs/from-molecular-design.md says how
    they differ.

    \b
    Examples:
      molsteer run examples/quickstart.toml
      molsteer run examples/quickstart.toml --budget 200 --run-dir runs/longer
      molsteer run examples/quickstart.toml --dry-run
      molsteer run examples/quickstart.toml --site laptop
      molsteer run --space molecules.smi more.csv.gz --budget 50
    """
    chosen = choose(flags, os.environ.get("MOLSTEER_QUEUE__REDIS_URL"))
    notes = chosen.notes if verbosity != "quiet" else []
    with deployed(site, dry_run=dry_run) as at:
        settings = load_campaign(file, merged(file, chosen.settings, at))
        if dry_run:
            for note in notes:
                say(f"molsteer: {note}", err=True)
            rehearse(settings)
            return
        from molsteer.steering.cli.console import follow

        with expendable_output():
            for note in notes:
                say(f"molsteer: {note}", err=True)
            status = follow(settings, verbosity, at.workers if at else None)
    sys.exit(status)
