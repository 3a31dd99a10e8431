"""`molsteer status`."""

from __future__ import annotations

import json
import time
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
    from molsteer.steering.ledger.ledger import Ledger
    from molsteer.steering.progress import measure
    from molsteer.steering.run_directory import is_held, public_settings

    ledger = Ledger(run_dir, read_only=True)
    settings = public_settings(run_dir)
    finished = ledger.fact("finished")
    activity = "running" if is_held(run_dir) else "not running"
    progress = measure(
        ledger,
        budget=settings.campaign.budget,
        hit_above_eV=settings.campaign.hit_above_eV,
        activity=f"ended: {finished}" if finished else activity,
        now=time.time(),
    )
    if as_json:
        click.echo(json.dumps(asdict(progress)))
    else:
        click.echo("\n".join(describe(progress)))
