"""`molsteer space`: builds search spaces and tells what is in them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from molsteer.shared.commands.options import Verbosity, as_json, console_for_news, verbosity
from molsteer.shared.commands.suggesting import Commands
from molsteer.steering.counted import counted

if TYPE_CHECKING:
    from molsteer.steering.space.manifest import Manifest


@click.group(cls=Commands)
def space() -> None:
    """Build search spaces and look into them."""


@space.command()
@click.argument("sources", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder to make; its parent must exist.",
)
@click.option(
    "--chunk-size",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="Molecules in one chunk: what one inference task scores.",
)
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    show_default="one for each core",
    help="Processes that read molecules.",
)
@click.option("--force", is_flag=True, help="Replace a search space that is there already.")
@as_json
@verbosity
def build(
    sources: tuple[Path, ...],
    output: Path,
    chunk_size: int,
    processes: int | None,
    force: bool,
    as_json: bool,
    verbosity: Verbosity,
) -> None:
    """Build a search space from molecules files.

    SOURCES end in .smi (a SMILES at the start of each line), .csv (a column named smiles or inchi),
    .smi.gz or .csv.gz. Molecules that occur twice and rows that give no molecule are left out; each
    is listed in rejected.csv in the new folder, with its line and the reason.

    \b
    Examples:
      molsteer space build molecules.smi -o space
      molsteer space build train.csv.gz test.csv.gz -o space --chunk-size 50000 --force
    """
    from molsteer.shared.telemetry import log_to
    from molsteer.steering.interrupts import tidy_up_on_terminate
    from molsteer.steering.space.build import build as build_space
    from molsteer.steering.space.progress import shown

    tidy_up_on_terminate()
    if verbosity == "verbose":
        log_to("space", "debug")
    started_at = time.monotonic()
    with shown(console_for_news(verbosity, stderr=True)) as show:
        manifest = build_space(
            sources,
            output,
            chunk_size=chunk_size,
            processes=processes,
            replace=force,
            on_progress=show,
        )
    elapsed_s = time.monotonic() - started_at
    if as_json:
        click.echo(manifest.model_dump_json(indent=2))
        return
    click.echo(_summary(output, manifest))
    if verbosity != "quiet":
        click.echo(f"Built in {elapsed_s:.0f} s, {manifest.rows / elapsed_s:,.0f} rows/s.")


@space.command()
@click.argument("folder", type=click.Path(path_type=Path))
@as_json
def info(folder: Path, as_json: bool) -> None:
    """Tell what is in the search space in FOLDER.

    \b
    Examples:
      molsteer space info space
      molsteer space info space --json
    """
    from molsteer.steering.space.manifest import read_manifest

    manifest = read_manifest(folder)
    if as_json:
        click.echo(manifest.model_dump_json(indent=2))
        return
    click.echo(_summary(folder, manifest))
    for source in manifest.sources:
        click.echo(f"Source: {source.path}, {source.rows:,} rows, sha256 {source.sha256}")
    click.echo(f"Digest: {manifest.digest}")


def _summary(folder: Path, manifest: Manifest) -> str:
    size_bytes = sum(stored.size_bytes for stored in manifest.files)
    lines = [
        f"Search space {folder}: {manifest.molecules:,} molecules, {size_bytes / 1e6:,.1f} MB, "
        f"{counted(len(manifest.chunks), 'chunk')} of up to {manifest.chunk_size:,}",
        f"Rows read: {manifest.rows:,}, left out: {sum(manifest.rejected_rows.values()):,}",
    ]
    lines += [f"  {count:,} {reason}" for reason, count in manifest.rejected_rows.items()]
    if manifest.rejected_rows:
        lines.append(f"Each is listed in {folder / manifest.rejected.file}")
    return "\n".join(lines)
