"""`molsteer space`: builds search spaces and tells what is in them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from molsteer.shared.cli.options import Verbosity, as_json, console_for_news, verbosity
from molsteer.shared.cli.saying import say
from molsteer.shared.cli.suggesting import Commands
from molsteer.shared.plugins import find_plugin
from molsteer.shared.wording import counted
from molsteer.steering.cli.additions.growing import add_, grow
from molsteer.steering.records.titles import shown
from molsteer.steering.space.admission import (
    DEFAULT,
    Admission,
    Charged,
    Salts,
    charged_told,
)

if TYPE_CHECKING:
    from molsteer.steering.space.manifest import Manifest


@click.group(cls=Commands)
def space() -> None:
    """Build search spaces, look into them, and let those of campaigns grow."""


space.add_command(grow)
space.add_command(add_)


def _installed(_context: click.Context, _option: click.Parameter, level: str) -> str:
    """Refuse a level that nobody offers; one that is misspelled would have no limits."""
    if level != DEFAULT.level:
        find_plugin("level of theory", level)
    return level


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
    "--level",
    metavar="LEVEL",
    callback=_installed,
    default=DEFAULT.level,
    show_default=True,
    help="Level of theory whose limits hold: xtb is GFN2-xTB; another's are its package's matter.",
)
@click.option(
    "--charged",
    type=click.Choice(get_args(Charged)),
    default=DEFAULT.charged,
    show_default=True,
    help="Molecules with a charge: kept, or left out. Energies of ions lie far from those of "
    "neutral molecules, so that they lead or end most lists.",
)
@click.option(
    "--salts",
    type=click.Choice(get_args(Salts)),
    default=DEFAULT.salts,
    show_default=True,
    help="Rows of several fragments: left out, or their largest organic fragment is kept, as it is "
    "written or made neutral with protons.",
)
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    show_default="one for each core",
    help="Processes that read molecules.",
)
@click.option(
    "--smiles-column",
    metavar="HEADING|NUMBER",
    help="Column of SMILES: its heading, or its number, from 1, where there are no headings; if "
    "not given, the usual headings are looked for.",
)
@click.option(
    "--features",
    is_flag=True,
    help="Compute features of the molecules as well, which some surrogates read; see `molsteer "
    "space features`.",
)
@click.option("--force", is_flag=True, help="Replace a search space that is there already.")
@as_json
@verbosity
def build(
    sources: tuple[Path, ...],
    output: Path,
    chunk_size: int,
    level: str,
    charged: Charged,
    salts: Salts,
    processes: int | None,
    smiles_column: str | None,
    features: bool,
    force: bool,
    as_json: bool,
    verbosity: Verbosity,
) -> None:
    """Build a search space from molecules files.

    SOURCES are tables with a column named smiles or inchi, or lists (.smi) with a SMILES at the
    start of each line. Delimiter, encoding and packing (gzip, bzip2, xz, zip) are found out. The
    other columns are kept, and shown with the molecules that are found. Molecules that occur twice
    and rows that give no molecule are left out; each is listed in rejected.csv in the new folder,
    with its line and the reason. Two rows are one molecule if they have one canonical isomeric
    SMILES; tautomers, zwitterions and isotopologues stay apart.

    \b
    Examples:
      molsteer space build molecules.smi -o space
      molsteer space build library.csv -o space --salts neutral-fragment --charged leave-out
      molsteer space build train.csv.gz test.csv.gz -o space --chunk-size 50000 --force
      molsteer space build catalogue.tsv -o space --smiles-column Structure
    """
    from molsteer.shared.host.interrupts import tidy_up_on_terminate
    from molsteer.shared.telemetry.logs import log_to
    from molsteer.steering.live.building import shown as shown_progress
    from molsteer.steering.space.build import build as build_space
    from molsteer.steering.space.features.adding_features import add_features

    tidy_up_on_terminate()
    if verbosity == "verbose":
        log_to("space", "debug")
    started_at = time.monotonic()
    with shown_progress(console_for_news(verbosity, stderr=True)) as show:
        manifest = build_space(
            sources,
            output,
            chunk_size=chunk_size,
            admission=Admission(level=level, charged=charged, salts=salts),
            processes=processes,
            replace=force,
            smiles_column=smiles_column,
            on_progress=show,
        )
        if features:
            manifest = add_features(output, processes=processes, on_progress=show)
    elapsed_s = time.monotonic() - started_at
    if as_json:
        say(manifest.model_dump_json(indent=2))
        return
    say(_summary(output, manifest))
    if verbosity != "quiet":
        say(f"Built in {elapsed_s:.0f} s, {manifest.rows / elapsed_s:,.0f} rows/s.", err=True)


@space.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    show_default="one for each core",
    help="Processes that compute features.",
)
@as_json
@verbosity
def features(folder: Path, processes: int | None, as_json: bool, verbosity: Verbosity) -> None:
    """Compute the features of the molecules in the search space in FOLDER.

    Surrogates that do not read graphs read these (train.surrogate): counts of atoms' environments
    and of pairs of atoms, descriptors, and where the electrons are. What is there already is kept,
    so that a computation that ended early goes on; what another version computed is replaced.

    \b
    Examples:
      molsteer space features space
      molsteer space features space --processes 4
    """
    from molsteer.shared.host.interrupts import tidy_up_on_terminate
    from molsteer.steering.live.building import shown as shown_progress
    from molsteer.steering.space.features.adding_features import add_features

    tidy_up_on_terminate()
    started_at = time.monotonic()
    with shown_progress(console_for_news(verbosity, stderr=True)) as show:
        manifest = add_features(folder, processes=processes, on_progress=show)
    elapsed_s = time.monotonic() - started_at
    if as_json:
        say(manifest.model_dump_json(indent=2))
        return
    say(_summary(folder, manifest))
    if verbosity != "quiet":
        say(f"Done in {elapsed_s:.0f} s.", err=True)


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
        say(manifest.model_dump_json(indent=2))
        return
    say(_summary(folder, manifest))
    for source in manifest.sources:
        say(f"Source: {source.path}, {source.rows:,} rows, sha256 {source.sha256}")
    say(f"Digest: {manifest.digest}")


def _summary(folder: Path, manifest: Manifest) -> str:
    found = manifest.features
    size_bytes = sum(stored.size_bytes for stored in manifest.files)
    lines = [
        f"Search space {folder}: {manifest.molecules:,} molecules, {size_bytes / 1e6:,.1f} MB, "
        f"{counted(len(manifest.chunks), 'chunk')} of up to {manifest.chunk_size:,}",
        f"Rows read: {manifest.rows:,}, left out: {sum(manifest.rejected_rows.values()):,}",
    ]
    if found:
        lines.append(
            f"Features: {len(found.descriptors)} descriptors, {len(found.electronic)} of "
            f"electrons, and counts; {found.bytes_per_molecule:,.0f} bytes a molecule, computed by "
            f"RDKit {found.rdkit}"
        )
    lines += _kinds(manifest, manifest.rejected_rows)
    if manifest.rejected_rows:
        lines.append(f"Each is listed in {folder / manifest.rejected.file}")
    if manifest.own_columns:
        headings = ", ".join(map(shown, manifest.own_columns.headings))
        lines.append(f"Columns kept: {headings}")
    if changed := manifest.changed_rows:
        lines.append(f"Rows of which one molecule was chosen: {sum(changed.values()):,}")
        lines += _kinds(manifest, changed)
        lines.append(f"Each is listed in {folder / manifest.changed.file}")
    if manifest.charged:
        lines.append(charged_told(manifest.charged))
    return "\n".join(lines)


def _kinds(manifest: Manifest, rows: Mapping[str, int]) -> list[str]:
    return [
        f"  {count:,} {kind}, such as {manifest.examples[kind]}" for kind, count in rows.items()
    ]
