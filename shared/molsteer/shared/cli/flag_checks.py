"""Checks of flags that several commands have."""

from __future__ import annotations

import click

from molsteer.shared.settings.server_url import holds_password


def refuse_password(
    _context: click.Context, _option: click.Parameter, url: str | None
) -> str | None:
    """Take a server's address, unless it holds a secret."""
    if holds_password(url):
        raise click.BadParameter(
            "everybody on this machine can see a password on a command line; put the address into "
            "MOLSTEER_QUEUE__REDIS_URL, or the password into the file of queue.password_file."
        )
    return url
