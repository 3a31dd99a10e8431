"""`molsteer redis-users`."""

from __future__ import annotations

import re
from pathlib import Path

import click

from molsteer.shared.cli.saying import say
from molsteer.shared.settings.sections import PREFIX


def _check_prefix(_context: click.Context, _option: click.Parameter, prefix: str) -> str:
    if not re.fullmatch(PREFIX, prefix):
        raise click.BadParameter("write small letters, digits and hyphens.")
    return prefix


@click.command("redis-users")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--prefix",
    default="molsteer",
    show_default=True,
    metavar="PREFIX",
    envvar="MOLSTEER_QUEUE__PREFIX",
    callback=_check_prefix,
    help="Begins every key of the deployment, as `queue.prefix` does.",
)
def redis_users(folder: Path, prefix: str) -> None:
    """Make a Redis user for each role, with no more rights than it needs.

    Writes users.acl into FOLDER, for Redis's setting aclfile, and a file with the password of
    each role: steering, simulator, trainer, inferencer, metrics (looks only) and admin (may do
    everything). A password that is there already is kept; to change one, delete its file first.

    \b
    Example:
      molsteer redis-users redis-users
    """
    from molsteer.shared.bus.roles import user_name, write_users
    from molsteer.shared.settings.server_file import quoted

    files = write_users(folder, prefix)
    say(f"aclfile {quoted((folder / 'users.acl').absolute())}")
    for role, file in files.items():
        say(f"{user_name(role, prefix)} {file}")
