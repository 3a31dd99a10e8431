"""Writes the reports of campaigns, each as a file that appears whole."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from molsteer.shared.host.files.whole_files import write_whole
from molsteer.steering.errors import RefusedFile
from molsteer.steering.records.findings import Findings
from molsteer.steering.records.watching.comparison import Comparison
from molsteer.steering.records.watching.story import Story
from molsteer.steering.report.figures.canvas import FORMATS, Drawing
from molsteer.steering.report.figures.discovery import discoveries
from molsteer.steering.report.markdown import render

REPORT, PAGE, COMPARISON, LATENCY = "report.md", "report.html", "comparison.html", "latency.md"

_CURE = (
    "Check that its folder is there and can be written; `molsteer report RUN_DIR -o FILE` writes "
    "it elsewhere."
)


def write_report(findings: Findings, folder: Path) -> Path:
    """Write the report as Markdown and its plots into a folder, and give the report's path."""
    return write_markdown(findings, folder / REPORT)


def write_markdown(findings: Findings, file: Path) -> Path:
    """Write the report as Markdown with its plots beside it, and give its path.

    Raises:
        RefusedFile: If they cannot be written.
    """
    drawings = list(discoveries(findings))
    for drawing in drawings:
        write_bytes(file.with_name(f"{drawing.name}.png"), drawing.written("png"))
    return write_text(file, render(findings, *(f"{drawing.name}.png" for drawing in drawings)))


def write_page(story: Story, file: Path) -> Path:
    """Write the report as one HTML file, and give its path; raises as `write_markdown`."""
    from molsteer.steering.report.page.page import render_page

    return write_text(file, render_page(story))


def write_comparison(comparison: Comparison, file: Path, *, markdown: bool) -> Path:
    """Write the report of several campaigns, and give its path; raises as `write_markdown`."""
    from molsteer.steering.report.page.side_by_side import (
        render_comparison,
        render_comparison_markdown,
    )

    render_it = render_comparison_markdown if markdown else render_comparison
    return write_text(file, render_it(comparison))


def write_figures(drawings: Iterable[Drawing], folder: Path) -> list[Path]:
    """Write figures in every format into a folder, which is made; raises as `write_markdown`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        cure = "Name another folder with --figures DIR."
        raise RefusedFile(folder, error.strerror or str(error), cure) from None
    return [
        write_bytes(folder / f"{drawing.name}.{kind}", drawing.written(kind))
        for drawing in drawings
        for kind in FORMATS
    ]


def write_text(path: Path, text: str) -> Path:
    """Write a file that appears whole, and give its path; raises as `write_markdown`."""
    return write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> Path:
    """Write a file that appears whole, and give its path; raises as `write_markdown`."""
    try:
        return write_whole(path, data)
    except OSError as error:
        raise RefusedFile(path, error.strerror or str(error), _CURE) from None
