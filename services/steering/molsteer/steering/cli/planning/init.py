"""`molsteer init`."""

from __future__ import annotations

from pathlib import Path

import click

from molsteer.shared.cli.saying import say
from molsteer.shared.foreign_text import shell_word


@click.command()
@click.argument(
    "molecules", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="MOLECULES..."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("campaign.toml"),
    show_default=True,
    help="File to write; one that exists is never overwritten.",
)
def init(molecules: tuple[Path, ...], output: Path) -> None:
    """Write a settings file for a campaign in MOLECULES, with the reason of each value.

    MOLECULES are a folder made by `molsteer space build`, or files of molecules. They are counted,
    and the first of them looked at, to propose a budget, a random start and when models learn.

    \b
    Examples:
      molsteer init molecules.smi
      molsteer init first.csv.gz second.csv.gz -o both.toml
    """
    from molsteer.steering.start.proposal import propose, write_proposal

    proposal = propose(molecules)
    write_proposal(proposal, output)
    place = shell_word(output)
    say(f"{', '.join(map(str, molecules))}: {proposal.found}")
    say(
        f"Proposed: {proposal.budget} simulations, the first {proposal.first_training_after} of "
        f"molecules drawn at random."
    )
    say(f"Written: {output}. Look into it, then: molsteer run {place}")
