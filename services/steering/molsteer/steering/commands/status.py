"""`molsteer status`."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from molsteer.steering.ledger.ledger import Ledger


@click.command()
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(run_dir: Path, *, as_json: bool) -> None:
    """Tell how far the campaign in RUN_DIR is, whether or not it runs now.

    \b
    Example:
      molsteer status runs/quickstart
    """
    from molsteer.steering.control.changes import changed
    from molsteer.steering.control.requests import changes_of
    from molsteer.steering.display import describe
    from molsteer.steering.ledger.ledger import Ledger
    from molsteer.steering.progress import measure
    from molsteer.steering.run_directory import is_held, public_settings

    ledger = Ledger(run_dir, read_only=True)
    settings = changed(public_settings(run_dir), changes_of(ledger))
    progress = measure(
        ledger,
        budget=settings.campaign.budget,
        hit_above_eV=settings.campaign.hit_above_eV,
        activity=_activity(ledger, runs=is_held(run_dir)),
        now=time.time(),
    )
    if as_json:
        click.echo(json.dumps(asdict(progress)))
    else:
        click.echo("\n".join(describe(progress)))


def _activity(ledger: Ledger, *, runs: bool) -> str:
    if finished := ledger.fact("finished"):
        return f"ended: {finished}"
    conditions = [name for name in ("paused", "stopping") if ledger.fact(name)]
    return ", ".join([*conditions, "running" if runs else "not running"])
