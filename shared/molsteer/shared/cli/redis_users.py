"""`molsteer redis-users`."""

from __future__ import annotations

import re
import secrets
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
    from molsteer.shared.bus.roles import ROLES, acl_file, user_name
    from molsteer.shared.host.private_files import write_private
    from molsteer.shared.settings.server_file import quoted

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    passwords = {role: _password(folder / f"{role}.password") for role in ROLES}
    write_private(folder / "users.acl", acl_file(prefix, passwords))
    say(f"aclfile {quoted((folder / 'users.acl').absolute())}")
    for role in ROLES:
        say(f"{user_name(role, prefix)} {folder / f'{role}.password'}")


def _password(file: Path) -> str:
    from molsteer.shared.host.private_files import read_password, write_private

    if file.exists():
        return read_password(file)
    password = secrets.token_urlsafe(32)
    write_private(file, f"{password}\n")
    return password
