"""`molsteer version`."""

from __future__ import annotations

import json
import platform

import click

from molsteer.shared.cli.options import as_json
from molsteer.shared.cli.saying import say
from molsteer.shared.host.versions import installed_versions


@click.command()
@as_json
def version(*, as_json: bool) -> None:
    """Print the versions of the installed molsteer packages and of Python.

    \b
    Examples:
      molsteer version
      molsteer version --json
    """
    versions = installed_versions() | {"python": platform.python_version()}
    if as_json:
        say(json.dumps(versions))
        return
    for package, number in versions.items():
        say(f"{package} {number}")
