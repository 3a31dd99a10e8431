"""Writes the reports of a campaign into its run directory."""

from __future__ import annotations

from pathlib import Path

from molsteer.shared.host.whole_files import write_whole
from molsteer.steering.records.findings import Findings
from molsteer.steering.report.markdown import render
from molsteer.steering.report.plot import draw_discovery

REPORT, PLOT, LATENCY = "report.md", "discovery.png", "latency.md"


def write_report(findings: Findings, folder: Path) -> Path:
    """Write the report and its plot, and give the report's path."""
    draw_discovery(findings, folder / PLOT)
    return write_text(folder / REPORT, render(findings, PLOT))


def write_text(path: Path, text: str) -> Path:
    """Write a file that appears whole, and give its path."""
    return write_whole(path, text.encode())
