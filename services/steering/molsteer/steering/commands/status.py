"""`molsteer status`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click


@click.command()
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(run_dir: Path, *, as_json: bool) -> None:
    """Tell how far the campaign in RUN_DIR is, whether or not it runs now.

    \b
    Example:
      molsteer status runs/quickstart
    """
    from molsteer.steering.display import describe
    from molsteer.steering.run_records import RunRecords

    progress = RunRecords(run_dir).progress()
    if as_json:
        click.echo(json.dumps(asdict(progress)))
    else:
        click.echo("\n".join(describe(progress)))
