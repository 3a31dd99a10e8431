"""`python -m chaos --minutes 3 --seed 1`: `make chaos`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click
from chaos.run import endure


@click.command()
@click.option("--minutes", default=3.0, show_default=True, help="How long faults are injected.")
@click.option("--seed", default=0, show_default=True, help="Which faults, and when.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to run in, for a look at it afterwards; otherwise one that is removed.",
)
def chaos(minutes: float, seed: int, keep: Path | None) -> None:
    """Attack a campaign, and tell whether anything was lost or counted twice."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        ordeal = endure(folder, seed, 60.0 * minutes, lambda line: click.echo(line, err=True))
    verdict = ordeal.verdict
    click.echo(f'policy.inference = "{ordeal.inference}"')
    for kind, times in sorted(ordeal.injected.items()):
        click.echo(f"{times:>4} {kind}")
    for sentence in (*verdict.missing, *verdict.doubled, *verdict.broken):
        click.echo(sentence)
    click.echo(verdict.to_json(faults=sum(ordeal.injected.values()), seed=seed))
    sys.exit(not verdict.holds)


if __name__ == "__main__":
    chaos()
