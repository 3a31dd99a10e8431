"""Writes the report of a campaign into its run directory."""

from __future__ import annotations

from pathlib import Path

from molsteer.steering.report.findings import Findings
from molsteer.steering.report.markdown import render
from molsteer.steering.report.plot import draw_discovery

REPORT, PLOT = "report.md", "discovery.png"


def write_report(findings: Findings, folder: Path) -> Path:
    """Write the report and its plot, and give the report's path."""
    draw_discovery(findings, folder / PLOT)
    unfinished = folder / f".{REPORT}.part"
    unfinished.write_text(render(findings, PLOT), encoding="utf-8")
    return unfinished.replace(folder / REPORT)
