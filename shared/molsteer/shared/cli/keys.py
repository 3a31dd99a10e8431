"""`molsteer keys`."""

from __future__ import annotations

from pathlib import Path

import click

from molsteer.shared.cli.saying import say
from molsteer.shared.cli.suggesting import Choice, Commands
from molsteer.shared.wire import key_ring
from molsteer.shared.wire.key_file import read_key_ring, read_keys, write_keys, write_new_keys
from molsteer.shared.wire.key_ring import new_key_ring
from molsteer.shared.wire.topics import TOPICS, Topic

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group(cls=Commands)
def keys() -> None:
    """Make, show and replace the keys that sign messages.

    A key file goes to steering as [queue] keys_file, an extract of it to the workers of each topic.

    \b
    Examples:
      molsteer keys new keys.json
      molsteer keys extract keys.json simulate -o simulate.json
      molsteer keys rotate keys.json
    """


@keys.command()
@_FILE
def new(file: Path) -> None:
    """Write a FILE with a new key for each topic.

    \b
    Example:
      molsteer keys new keys.json
    """
    write_new_keys(file, new_key_ring(TOPICS))
    say(f"Wrote {file}. Keep it secret; give workers an extract: molsteer keys extract -h")


@keys.command()
@_FILE
def show(file: Path) -> None:
    """Show which keys are in FILE, and nothing secret.

    \b
    Example:
      molsteer keys show keys.json
    """
    for key in read_keys(file).keys:
        say(f"{key.id:20}  {'signs and verifies' if key.signs else 'verifies'}")


@keys.command()
@_FILE
@click.argument("topic", type=Choice(TOPICS))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The new file; one that is there is replaced.",
)
def extract(file: Path, topic: Topic, output: Path) -> None:
    """Write one TOPIC's keys into a file for its workers.

    \b
    Example:
      molsteer keys extract keys.json simulate -o simulate.json
    """
    write_keys(output, read_key_ring(file, topic))
    say(f"Wrote {output}, for workers of {topic} only.")


@keys.command()
@_FILE
@click.option(
    "--announce", is_flag=True, help="Sign with the new keys only after the next `rotate`."
)
def rotate(file: Path, announce: bool) -> None:
    """Sign with new keys from now on; the old ones still verify.

    Processes that run know nothing of it: give them the file, or a new extract, and start them
    again. To do so one by one, announce the keys everywhere first, and then rotate.

    \b
    Examples:
      molsteer keys rotate keys.json
      molsteer keys rotate --announce keys.json
    """
    ring = read_keys(file)
    write_keys(file, key_ring.announce(ring) if announce else key_ring.rotate(ring))
    say(f"Wrote {file}.")


@keys.command()
@_FILE
def prune(file: Path) -> None:
    """Forget keys that were replaced.

    What they signed is refused from then on, by processes that start.

    \b
    Example:
      molsteer keys prune keys.json
    """
    write_keys(file, key_ring.prune(read_keys(file)))
    say(f"Wrote {file}.")
