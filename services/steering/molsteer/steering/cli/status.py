"""`molsteer status`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from molsteer.shared.cli.options import as_json
from molsteer.shared.cli.saying import say


@click.command()
@click.argument("run_dir", type=click.Path(path_type=Path))
@as_json
def status(run_dir: Path, *, as_json: bool) -> None:
    """Tell how far the campaign in RUN_DIR is, whether or not it runs now.

    \b
    Examples:
      molsteer status runs/quickstart
      molsteer status runs/quickstart --json
    """
    from pydantic_core import to_jsonable_python

    from molsteer.steering.live.display import describe
    from molsteer.steering.run_records import RunRecords

    progress = RunRecords(run_dir).progress()
    if as_json:
        say(json.dumps(to_jsonable_python(progress)))
    else:
        say("\n".join(describe(progress)))
