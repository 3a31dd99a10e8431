"""`molsteer version`."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

import click

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
def version() -> None:
    """Print the versions of the installed molsteer packages and of Python.

    \b
    Example:
      molsteer version
    """
    for package, number in installed_versions().items():
        click.echo(f"{package} {number}")
    click.echo(f"python {platform.python_version()}")
