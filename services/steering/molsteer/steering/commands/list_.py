"""`molsteer list`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from molsteer.shared.commands.options import as_json

if TYPE_CHECKING:
    from rich.table import Table

    from molsteer.steering.overview import Summary


@click.command("list")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("runs"))
@as_json
def list_(folder: Path, *, as_json: bool) -> None:
    """List the campaigns in FOLDER, runs/ if not given: state, progress, best molecule.

    What is at work or was at work last comes first. A campaign that is interrupted goes on with
    `molsteer continue`.

    \b
    Examples:
      molsteer list
      molsteer list /scratch/campaigns --json
    """
    from molsteer.steering.overview import overview

    summaries = overview(folder)
    if as_json:
        click.echo(json.dumps([asdict(summary) for summary in summaries]))
    else:
        _show(folder, summaries)


def _show(folder: Path, summaries: Sequence[Summary]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 10_000  # at which nothing is folded in a file
    campaigns = [each for each in summaries if each.state not in {"damaged", "no campaign"}]
    if campaigns:
        console.print(_table(campaigns))
    else:
        console.print(Text(f"There is no campaign in {folder}."), soft_wrap=True)
    for each in summaries:
        if each.state == "damaged":
            told = f"{each.folder} cannot be read: {each.problem}"
            console.print(Text(_printable(told)), soft_wrap=True)
    if others := [shlex.quote(each.folder) for each in summaries if each.state == "no campaign"]:
        console.print(Text(_printable(f"No campaigns: {', '.join(others)}")), soft_wrap=True)


def _table(campaigns: Sequence[Summary]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD)
    for title in ("run directory", "campaign", "state"):
        table.add_column(title, overflow="fold")
    table.add_column("simulated", justify="right")
    table.add_column("best / eV", justify="right")
    for title in ("molecule", "last active"):
        table.add_column(title, overflow="fold")
    for each in campaigns:
        best = "" if each.best_eV is None else f"{each.best_eV:.3f}"
        table.add_row(
            *(Text(_printable(text)) for text in (each.folder, each.name or "", each.state)),
            f"{each.done}/{'?' if each.budget is None else each.budget}",
            best,
            Text(each.best_smiles or ""),
            _time(each.last_active_at),
        )
    return table


def _printable(text: str) -> str:
    """Stand in for the bytes of a file's name that are no text, and for control characters."""
    text = text.encode(errors="replace").decode()
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _time(at: float | None) -> str:
    if at is None:
        return ""
    return datetime.fromtimestamp(at).astimezone().isoformat(" ", "seconds")
