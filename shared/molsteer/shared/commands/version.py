"""`molsteer version`."""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

import click

from molsteer.shared.commands.options import as_json
from molsteer.shared.commands.saying import say

_SERVICES = ("shared", "steering", "simulator", "trainer", "inferencer")


def installed_versions() -> dict[str, str]:
    """Give the version of each molsteer package that is installed here."""
    found = {}
    for service in _SERVICES:
        try:
            found[f"molsteer-{service}"] = installed_version(f"molsteer-{service}")
        except PackageNotFoundError:
            continue
    return found


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
