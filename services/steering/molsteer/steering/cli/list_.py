"""`molsteer list`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from molsteer.shared.cli.options import as_json
from molsteer.shared.cli.saying import say
from molsteer.shared.foreign_text import one_line, shell_word

if TYPE_CHECKING:
    from rich.table import Table

    from molsteer.steering.records.overview import Summary


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
    from pydantic_core import to_jsonable_python

    from molsteer.steering.records.overview import overview

    summaries = overview(folder)
    if as_json:
        say(json.dumps(to_jsonable_python(summaries)))
    else:
        _show(folder, summaries)


def _show(folder: Path, summaries: Sequence[Summary]) -> None:
    from molsteer.shared.cli.screen.terminal import Terminal

    campaigns = [each for each in summaries if each.state not in {"damaged", "no campaign"}]
    if campaigns:
        terminal = Terminal(stderr=False)
        if not terminal.is_terminal:
            terminal.width = 10_000  # at which nothing is folded in a file
        terminal.print(_table(campaigns))
    else:
        say(f"There is no campaign in {folder}.")
    for each in summaries:
        if each.state == "damaged":
            say(one_line(f"{each.folder} cannot be read: {each.problem}"))
    if others := [shell_word(each.folder) for each in summaries if each.state == "no campaign"]:
        say(one_line(f"No campaigns: {', '.join(others)}"))


def _table(campaigns: Sequence[Summary]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD)
    for title in ("run directory", "campaign", "state"):
        table.add_column(title, overflow="fold")
    table.add_column("simulated", justify="right")
    table.add_column("best", justify="right")
    for title in ("molecule", "last active"):
        table.add_column(title, overflow="fold")
    for each in campaigns:
        table.add_row(
            *(Text(one_line(text)) for text in (each.folder, each.name or "", each.state)),
            f"{each.done}/{'?' if each.budget is None else each.budget}",
            Text("" if each.best is None else one_line(str(each.best))),
            Text(one_line(each.best_smiles or "")),
            _time(each.last_active_at),
        )
    return table


def _time(at: float | None) -> str:
    if at is None:
        return ""
    return datetime.fromtimestamp(at).astimezone().isoformat(" ", "seconds")
