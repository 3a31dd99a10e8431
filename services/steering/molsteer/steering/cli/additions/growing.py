"""`molsteer space grow` and `space add`: more molecules for a campaign that has begun."""

from __future__ import annotations

from pathlib import Path

import click

from molsteer.shared.cli.options import Verbosity, console_for_news, verbosity
from molsteer.shared.cli.saying import say
from molsteer.shared.foreign_text import visible
from molsteer.shared.wording import counted

_run_dir = click.argument("run_dir", type=click.Path(path_type=Path))
_processes = click.option(
    "--processes",
    type=click.IntRange(min=1),
    show_default="one for each core",
    help="Processes that read molecules.",
)


@click.command()
@_run_dir
@click.option(
    "-n",
    "--count",
    type=click.IntRange(min=1),
    default=1_000,
    show_default=True,
    help="Molecules that are wanted.",
)
@click.option(
    "--parents",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="How many of the best molecules they are made of.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Makes the choice.")
@click.option(
    "--selfies",
    "with_selfies",
    is_flag=True,
    help="Change molecules as SELFIES as well, which goes further; needs the package selfies.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Table to write them to, CSV.",
)
@click.option("--add", is_flag=True, help="Add them to the molecules that the campaign searches.")
@_processes
@verbosity
def grow(
    run_dir: Path,
    count: int,
    parents: int,
    seed: int,
    output: Path | None,
    *,
    with_selfies: bool,
    add: bool,
    processes: int | None,
    verbosity: Verbosity,
) -> None:
    """Propose molecules like the best that the campaign in RUN_DIR has found.

    They are made of these by small changes and by joining fragments, pass the campaign's filter and
    the limits of its first level, and are not in its search space yet. Either they are written to
    a file, or the campaign searches them as well, whether or not it runs: models rank them at the
    next update.

    \b
    Examples:
      molsteer space grow runs/mine -n 500 -o proposals.csv
      molsteer space grow runs/mine -n 5000 --seed 2 --add
    """
    from molsteer.shared.host.files.whole_files import write_whole
    from molsteer.shared.host.interrupts import tidy_up_on_terminate
    from molsteer.steering.start.additions.proposals import keep, proposals

    if add == (output is not None):
        raise click.UsageError("Say either --add, or with --output where they are written to.")
    tidy_up_on_terminate()
    table = proposals(run_dir, count, parents, seed, with_selfies=with_selfies)
    found = table.count(b"\n") - 1
    if found < count and verbosity != "quiet":
        say(f"Found {counted(found, 'molecule')}, and no more.", err=True)
    if output is not None:
        try:
            write_whole(output, table)
        except OSError as error:
            raise click.FileError(str(output), error.strerror or str(error)) from None
        say(f"{counted(found, 'molecule')} in {output}")
        return
    told = f"space grow --parents {parents} --seed {seed}{' --selfies' * with_selfies}"
    _add(run_dir, (keep(run_dir, table),), told, processes, None, verbosity)


@click.command("add")
@_run_dir
@click.argument("sources", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--smiles-column",
    metavar="HEADING|NUMBER",
    help="Column of SMILES: its heading, or its number, from 1, where there are no headings; if "
    "not given, the usual headings are looked for.",
)
@_processes
@verbosity
def add_(
    run_dir: Path,
    sources: tuple[Path, ...],
    smiles_column: str | None,
    processes: int | None,
    verbosity: Verbosity,
) -> None:
    """Add molecules of files to those that the campaign in RUN_DIR searches.

    SOURCES are molecules files as `molsteer space build` takes. What the campaign's filter leaves
    out, and what is searched already, is passed over. The campaign may run: models rank the new
    molecules at the next update. A folder that it was given as search space stays as it is.

    \b
    Examples:
      molsteer space add runs/mine more.smi
      molsteer space add runs/mine catalogue.csv.gz --smiles-column Structure
    """
    from molsteer.shared.host.interrupts import tidy_up_on_terminate

    tidy_up_on_terminate()
    told = ", ".join(visible(source.name) for source in sources)
    _add(run_dir, sources, told, processes, smiles_column, verbosity)


def _add(
    run_dir: Path,
    sources: tuple[Path, ...],
    told: str,
    processes: int | None,
    smiles_column: str | None,
    verbosity: Verbosity,
) -> None:
    from molsteer.steering.control.asking import ask
    from molsteer.steering.control.requests import Request
    from molsteer.steering.live.building import shown
    from molsteer.steering.start.additions.molecules_to_add import grown_by

    with (
        shown(console_for_news(verbosity, stderr=True)) as show,
        grown_by(
            run_dir,
            sources,
            told,
            processes=processes,
            smiles_column=smiles_column,
            on_progress=show,
        ) as addition,
    ):
        answer = ask(run_dir, Request(action="add-molecules", addition=addition))
    say(answer)
