"""`molsteer report`."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click

from molsteer.shared.cli.options import as_json
from molsteer.shared.cli.saying import say


@click.command()
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.option(
    "--latency",
    is_flag=True,
    help="Tell where the time went instead: print the tables, and write them to latency.md.",
)
@as_json
def report(run_dir: Path, *, latency: bool, as_json: bool) -> None:
    """Write report.md and discovery.png of the campaign in RUN_DIR, finished or not.

    With --json, what they tell is printed, and nothing is written.

    \b
    Examples:
      molsteer report runs/quickstart
      molsteer report runs/quickstart --json
      molsteer report runs/quickstart --latency
      molsteer report runs/quickstart --latency --json
    """
    if latency:
        _report_latency(run_dir, as_json=as_json)
        return
    from pydantic_core import to_jsonable_python

    from molsteer.steering.run_records import RunRecords

    records = RunRecords(run_dir)
    say(json.dumps(to_jsonable_python(records.findings())) if as_json else records.report())


def _report_latency(run_dir: Path, *, as_json: bool) -> None:
    from molsteer.steering.ledger.ledger import Ledger
    from molsteer.steering.records.latency import read_latencies
    from molsteer.steering.report.latency_markdown import render_latencies
    from molsteer.steering.report.write import LATENCY, write_text
    from molsteer.steering.run_directory import public_settings

    with closing(Ledger(run_dir, read_only=True)) as ledger:
        latencies = read_latencies(ledger)
    if as_json:
        say(json.dumps(asdict(latencies)))
        return
    text = render_latencies(latencies, public_settings(run_dir).campaign.name)
    write_text(run_dir / LATENCY, text)
    say(text, nl=False)
