"""`molsteer run`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from molsteer.steering.flags import flags_by_section, setting_flags
from molsteer.steering.settings import load_campaign


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@setting_flags
def run(file: Path | None, **flags: str | None) -> None:
    """Run the campaign described in FILE, or go on with it where it was stopped.

    Every setting can be given in FILE (TOML), as a variable MOLSTEER_SECTION__KEY, or as a flag;
    flags are the strongest. Ctrl-C once lets the running simulations end, twice ends at once; the
    same command goes on later.

    \b
    Examples:
      molsteer run examples/quickstart.toml
      molsteer run examples/quickstart.toml --budget 200 --run-dir runs/longer
      molsteer run --space molecules.smi --budget 50
    """
    settings = load_campaign(file, flags_by_section(flags))
    from molsteer.steering.console import follow

    sys.exit(follow(settings))
