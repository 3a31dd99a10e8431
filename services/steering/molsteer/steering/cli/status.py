"""`molsteer status`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from molsteer.shared.cli.options import as_json
from molsteer.shared.cli.saying import say


@click.command()
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.option(
    "--alive",
    is_flag=True,
    help="Tell instead whether a process steers it now and gets on; exit status 1 if not.",
)
@as_json
def status(run_dir: Path, *, alive: bool, as_json: bool) -> None:
    """Tell how far the campaign in RUN_DIR is, whether or not it runs now.

    \b
    Examples:
      molsteer status runs/quickstart
      molsteer status runs/quickstart --json
      molsteer status runs/quickstart --alive
    """
    if alive:
        from molsteer.steering.ledger.steering_lock import look_at

        sign = look_at(run_dir)
        say(sign.sentence)
        sys.exit(0 if sign.alive else 1)

    from pydantic_core import to_jsonable_python

    from molsteer.steering.live.display import describe
    from molsteer.steering.run_records import RunRecords

    progress = RunRecords(run_dir).progress()
    if as_json:
        say(json.dumps(to_jsonable_python(progress)))
    else:
        say("\n".join(describe(progress)))
