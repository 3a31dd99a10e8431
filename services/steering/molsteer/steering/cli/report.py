"""`molsteer report`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from molsteer.shared.cli.options import as_json
from molsteer.shared.cli.saying import say

if TYPE_CHECKING:
    from molsteer.steering.records.watching.comparison import Comparison
    from molsteer.steering.records.watching.story import Story

_MARKDOWN = {".md", ".markdown"}


@click.command()
@click.argument(
    "run_dirs", metavar="RUN_DIR...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write this file alone; its ending chooses the format if --format does not.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["html", "markdown"]),
    help="One HTML file that can be mailed, or Markdown; both of one campaign if not given.",
)
@click.option(
    "--figures",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write every figure into this folder as well, as SVG, PDF and PNG.",
)
@click.option(
    "--latency",
    is_flag=True,
    help="Tell where the time went instead: print the tables, and write them to latency.md.",
)
@as_json
def report(
    run_dirs: tuple[Path, ...],
    *,
    output: Path | None,
    format_name: str | None,
    figures: Path | None,
    latency: bool,
    as_json: bool,
) -> None:
    """Write the report of the campaign in RUN_DIR, finished or not, or compare several.

    Of one campaign, report.html, and report.md with its plots, are written into RUN_DIR; of
    several, comparison.html where you are. The HTML file needs nothing else, so that it can be
    mailed. With --json, what they tell is printed, and nothing is written; of several campaigns
    that is a list.

    \b
    Examples:
      molsteer report runs/quickstart
      molsteer report runs/quickstart -o report.html --figures figures
      molsteer report runs/seed-1 runs/seed-2 runs/greedy -o seeds.html
      molsteer report runs/quickstart --json
      molsteer report runs/quickstart --latency
      molsteer report runs/quickstart --latency --json
    """
    if latency:
        _report_latency(run_dirs, as_json=as_json)
    elif as_json:
        _print(run_dirs)
    else:
        for path in _write(run_dirs, output, _format(output, format_name), figures):
            say(path)


def _format(output: Path | None, format_name: str | None) -> str | None:
    if format_name or output is None:
        return format_name
    return "markdown" if output.suffix.lower() in _MARKDOWN else "html"


def _print(run_dirs: Sequence[Path]) -> None:
    from pydantic_core import to_jsonable_python

    from molsteer.steering.run_records import RunRecords

    found = [RunRecords(run_dir).findings() for run_dir in run_dirs]
    say(json.dumps(to_jsonable_python(found if len(found) > 1 else found[0])))


def _write(
    run_dirs: Sequence[Path], output: Path | None, format_name: str | None, figures: Path | None
) -> list[Path]:
    from molsteer.steering.records.watching.comparison import compare
    from molsteer.steering.records.watching.story import read_story

    stories = [read_story(run_dir) for run_dir in run_dirs]
    if len(stories) > 1:
        return _write_comparison(compare(stories), output, format_name, figures)
    return _write_one(stories[0], output, format_name, figures)


def _write_one(
    story: Story, output: Path | None, format_name: str | None, figures: Path | None
) -> list[Path]:
    from molsteer.steering.report.page.page import drawings_by_section
    from molsteer.steering.report.write import (
        PAGE,
        REPORT,
        write_figures,
        write_markdown,
        write_page,
    )

    written = list[Path]()
    if format_name != "markdown":
        written.append(write_page(story, output or story.folder / PAGE))
    if format_name != "html":
        written.append(write_markdown(story.findings, output or story.folder / REPORT))
    if figures:
        drawings = [each for part in drawings_by_section(story).values() for each in part]
        written += write_figures(drawings, figures)
    return written


def _write_comparison(
    comparison: Comparison, output: Path | None, format_name: str | None, figures: Path | None
) -> list[Path]:
    from molsteer.steering.report.figures.comparison import compared
    from molsteer.steering.report.write import COMPARISON, write_comparison, write_figures

    markdown = format_name == "markdown"
    file = output or Path(COMPARISON).with_suffix(".md" if markdown else ".html")
    written = [write_comparison(comparison, file, markdown=markdown)]
    return [*written, *(write_figures(compared(comparison), figures) if figures else ())]


def _report_latency(run_dirs: Sequence[Path], *, as_json: bool) -> None:
    from molsteer.steering.ledger.ledger import Ledger
    from molsteer.steering.records.latency import read_latencies
    from molsteer.steering.report.latency_markdown import render_latencies
    from molsteer.steering.report.write import LATENCY, write_text
    from molsteer.steering.run_directory import public_settings

    if len(run_dirs) > 1:
        raise click.UsageError("--latency takes one run directory.")
    (run_dir,) = run_dirs
    with closing(Ledger(run_dir, read_only=True)) as ledger:
        latencies = read_latencies(ledger)
    if as_json:
        say(json.dumps(asdict(latencies)))
        return
    text = render_latencies(latencies, public_settings(run_dir).campaign.name)
    write_text(run_dir / LATENCY, text)
    say(text, nl=False)
