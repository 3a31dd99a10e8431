"""`molsteer doctor`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from molsteer.shared.cli.offering import offered
from molsteer.shared.cli.options import Verbosity, as_json, console_for_news, verbosity
from molsteer.shared.cli.saying import say
from molsteer.shared.foreign_text import one_line
from molsteer.shared.suggestions import did_you_mean

if TYPE_CHECKING:
    from rich.table import Table

    from molsteer.shared.doctor.check import Check, Finding

    Row = tuple[str, Finding]

_STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red", "skipped": "dim"}


def _offer_checks(
    context: click.Context, _option: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    from molsteer.shared.doctor.examination import installed_checks

    return offered(
        lambda: (check.name for check in installed_checks(context.params["file"])), incomplete
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Run the check of this name; may be repeated.",
    shell_complete=_offer_checks,
)
@as_json
@verbosity
def doctor(
    file: Path | None, only: tuple[str, ...], *, as_json: bool, verbosity: Verbosity
) -> None:
    """Check that molsteer can work here: libraries, engines, GPU, Redis, stores, workers.

    With FILE, a campaign's settings (TOML), what these name is checked; without, what MOLSTEER_*
    variables name. Nothing is changed. Exit status: 0 no problem, 1 a problem, 2 the settings
    cannot be used. With --quiet, only warnings and problems are shown.

    \b
    Examples:
      molsteer doctor
      molsteer doctor examples/quickstart.toml
      molsteer doctor campaign.toml --only redis --only workers --json
    """
    from molsteer.shared.doctor.examination import installed_checks

    if verbosity == "verbose":
        from molsteer.shared.telemetry.logs import log_to

        log_to("doctor", "debug")
    rows = list(_examined(_chosen(installed_checks(file), only), verbosity))
    if as_json:
        say(json.dumps([{"check": name} | asdict(found) for name, found in rows], indent=2))
    else:
        _show(rows, verbosity)
    sys.exit(any(finding.result == "problem" for _, finding in rows))


def _chosen(checks: Sequence[Check], names: Sequence[str]) -> Sequence[Check]:
    known = [check.name for check in checks]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.BadParameter(
            f"There is no check {unknown[0]!r} with these settings, but: {', '.join(known)}."
            f"{did_you_mean(unknown[0], known)}",
            param_hint="--only",
        )
    return [check for check in checks if not names or check.name in names]


def _examined(checks: Sequence[Check], verbosity: Verbosity) -> Iterator[Row]:
    from molsteer.shared.cli.screen.in_place import InPlace
    from molsteer.shared.doctor.examination import examine_all

    terminal = console_for_news(verbosity, stderr=True)
    line = InPlace(terminal) if terminal.renews else None

    def announce(check: Check) -> None:
        if line:
            line.draw(f"Looking at {check.name} ...")

    try:
        for check, finding in examine_all(checks, announce):
            yield check.name, finding
    finally:
        if line:
            line.close()


def _show(rows: Sequence[Row], verbosity: Verbosity) -> None:
    from rich.text import Text

    from molsteer.shared.cli.screen.terminal import Terminal

    console = Terminal(stderr=False)
    if verbosity != "quiet":
        console.print(_table(rows))
    bad = [finding for _, finding in rows if finding.result in {"warning", "problem"}]
    for finding in dict.fromkeys(bad):
        names = ", ".join(name for name, found in rows if found == finding)
        told = f"{finding.result}, {names}: {finding.sentence} {finding.cure}".rstrip()
        console.print(Text(one_line(told)), soft_wrap=True)


def _table(rows: Sequence[Row]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table("check", "result", "what was found", box=SIMPLE_HEAD)
    for name, finding in rows:
        result = Text(finding.result, _STYLES[finding.result])
        table.add_row(Text(name), result, Text(finding.sentence))
    return table
