"""`molsteer verify`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from molsteer.shared.cli.options import as_json
from molsteer.shared.cli.saying import say
from molsteer.shared.wording import counted


@click.command()
@click.argument("run_dir", type=click.Path(path_type=Path))
@as_json
def verify(run_dir: Path, *, as_json: bool) -> None:
    """Prove that the campaign in RUN_DIR is whole, or name what is broken.

    Every task has one status, every result comes from one successful simulation, the journal
    replays to what the tables and the checkpoint say, and every record and model can be read. Exit
    status 1 if not.

    \b
    Example:
      molsteer verify runs/quickstart
    """
    from molsteer.steering.verification.verify import verify as examine

    verdict = examine(run_dir)
    if as_json:
        say(json.dumps(asdict(verdict)))
    else:
        for sentence in verdict.broken:
            say(sentence)
        count = len(verdict.broken)
        broken = "1 thing is broken" if count == 1 else f"{count} things are broken"
        state = broken if verdict.broken else "all is whole"
        looked_at = [
            (verdict.results, "result"),
            (verdict.labels, "label"),
            (verdict.models, "model"),
            (verdict.tasks, "task"),
        ]
        say(f"{', '.join(counted(*each) for each in looked_at)}: {state}.")
    sys.exit(1 if verdict.broken else 0)
