"""Which of our packages are installed here."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

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
