"""`molsteer labels add`: labels from elsewhere for a campaign that has begun."""

from __future__ import annotations

from pathlib import Path

import click

from molsteer.shared.cli.saying import say
from molsteer.shared.cli.suggesting import Commands
from molsteer.shared.foreign_text import visible


@click.group(cls=Commands)
def labels() -> None:
    """Add known labels to campaigns."""


@labels.command()
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.argument("sources", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--training-smiles-column",
    metavar="HEADING|NUMBER",
    help="Column of SMILES in tables; the usual headings are looked for if not given.",
)
@click.option(
    "--training-label-column",
    metavar="HEADING|NUMBER",
    help="Column of labels in tables; called as the property if not given.",
)
def add(
    run_dir: Path,
    sources: tuple[Path, ...],
    training_smiles_column: str | None,
    training_label_column: str | None,
) -> None:
    """Add labels that are known to the campaign in RUN_DIR, whether or not it runs.

    SOURCES are files as --training-set takes, or run directories of campaigns that computed the
    same property by the same recipe. Models learn from them at the next update, and their
    molecules are not simulated. Labels of molecules that the campaign knows or simulates already
    are passed over.

    \b
    Examples:
      molsteer labels add runs/mine known.csv
      molsteer labels add runs/mine runs/earlier runs/another
    """
    from molsteer.steering.control.added_labels import put_labels
    from molsteer.steering.control.asking import ask
    from molsteer.steering.control.requests import Request
    from molsteer.steering.run_directory import public_settings
    from molsteer.steering.start.additions.labels_to_add import labels_to_add
    from molsteer.steering.start.training_set import Columns

    settings = public_settings(run_dir)
    columns = Columns(training_smiles_column, training_label_column)
    found = [(source, labels_to_add(source, settings, columns)) for source in sources]
    for source, known in found:
        addition = put_labels(run_dir, known, visible(source.absolute().name))
        say(ask(run_dir, Request(action="add-labels", addition=addition)))
