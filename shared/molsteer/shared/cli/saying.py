"""How commands print text."""

from __future__ import annotations

import click

from molsteer.shared.foreign_text import visible


def say(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Print to standard output, or to standard error; whatever a terminal would obey is escaped.

    JSON stays the same document, for the escapes are JSON's.
    """
    click.echo(visible(str(text)), err=err, nl=nl)
