"""`molsteer status` and `molsteer top`."""

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
@click.option("--watch", is_flag=True, help="Show it on one screen, anew every two seconds.")
@as_json
def status(run_dir: Path, *, alive: bool, watch: bool, as_json: bool) -> None:
    """Tell how far the campaign in RUN_DIR is, whether or not it runs now.

    \b
    Examples:
      molsteer status runs/quickstart
      molsteer status runs/quickstart --watch
      molsteer status runs/quickstart --json
      molsteer status runs/quickstart --alive
    """
    if watch + as_json + alive > 1:
        raise click.UsageError("--alive, --watch and --json answer different questions; name one.")
    if alive:
        _tell_whether_alive(run_dir)
    elif watch:
        _watch(run_dir)
    elif as_json:
        _print(run_dir)
    else:
        _tell(run_dir)


@click.command()
@click.argument("run_dir", type=click.Path(path_type=Path))
def top(run_dir: Path) -> None:
    """Watch the campaign in RUN_DIR: what was found, workers, queues, models and failures.

    It shows itself anew every two seconds until the campaign has ended or you press Ctrl-C, which
    ends the view alone. Nothing of the campaign is changed. Without a terminal it is shown once.

    \b
    Examples:
      molsteer top runs/quickstart
    """
    _watch(run_dir)


def _watch(run_dir: Path) -> None:
    from molsteer.shared.cli.screen.terminal import Terminal
    from molsteer.steering.live.watching import watch
    from molsteer.steering.run_records import RunRecords

    watch(RunRecords(run_dir).at_this_moment, Terminal(stderr=False))


def _tell_whether_alive(run_dir: Path) -> None:
    from molsteer.steering.ledger.steering_lock import look_at

    sign = look_at(run_dir)
    say(sign.sentence)
    sys.exit(0 if sign.alive else 1)


def _print(run_dir: Path) -> None:
    from pydantic_core import to_jsonable_python

    from molsteer.steering.run_records import RunRecords

    told = to_jsonable_python(RunRecords(run_dir).at_this_moment())
    # What was there before stays where it was.
    say(json.dumps({**told.pop("progress"), **told}))


def _tell(run_dir: Path) -> None:
    from molsteer.shared.foreign_text import one_line
    from molsteer.steering.ledger.additions import told
    from molsteer.steering.live.describing import describe
    from molsteer.steering.run_records import RunRecords

    records = RunRecords(run_dir)
    say("\n".join(describe(records.progress())))
    if limits := records.limits():
        say(one_line(limits))
    if changes := records.changes():
        told_changes = ", ".join(f"{name} = {value}" for name, value in changes.items())
        say(one_line(f"changed: {told_changes}"))
    for addition in records.additions():
        say(one_line(f"added: {told(addition)}"))
    for kind in records.failures():
        say(one_line(f"{kind.count} failed ({kind.code}), lastly: {kind.message}"))
