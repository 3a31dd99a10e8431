"""`molsteer report`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run_dir", type=click.Path(path_type=Path))
def report(run_dir: Path) -> None:
    """Write report.md and discovery.png of the campaign in RUN_DIR, finished or not.

    \b
    Example:
      molsteer report runs/quickstart
    """
    from molsteer.steering.ledger.ledger import Ledger
    from molsteer.steering.report.findings import read_findings
    from molsteer.steering.report.write import write_report
    from molsteer.steering.run_directory import public_settings

    ledger = Ledger(run_dir, read_only=True)
    campaign = public_settings(run_dir).campaign
    findings = read_findings(ledger, campaign.name, campaign.hit_above_eV)
    click.echo(write_report(findings, run_dir))
