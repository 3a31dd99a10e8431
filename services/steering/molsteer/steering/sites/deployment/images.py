"""Checks of the images that blocks run in."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

from molsteer.steering.sites.errors import UnusableImage
from molsteer.steering.sites.profile import Profile

LABEL = "org.opencontainers.image.version"

_WITHIN_S = 60.0


def check_images(profile: Profile) -> None:
    """Make sure that the images are there, and hold this version of molsteer.

    The version is looked at where the command that runs images is on this machine.

    Raises:
        UnusableImage: If one is not.
    """
    for file in dict.fromkeys(map(profile.image_of, profile.topics)):
        if file is not None:
            _check(file, profile.image.runtime)


def _check(file: Path, runtime: str) -> None:
    if not file.exists():
        cure = "Build it with `make images`, or correct its path in [image]."
        raise UnusableImage(file, "there is no such file", cure)
    if shutil.which(runtime) is None:
        return
    inspected = subprocess.run(
        [runtime, "inspect", "--json", "--labels", str(file)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_WITHIN_S,
        check=False,
    )
    if inspected.returncode:
        said = inspected.stderr.strip().splitlines() or ["nothing"]
        raise UnusableImage(file, f"{runtime} says: {said[-1].rstrip('.')}", "Build it again.")
    found, ours = _version_in(inspected.stdout), version("molsteer-shared")
    if found != ours:
        reason = f"it holds molsteer {found or 'of no version'}, and this is {ours}"
        raise UnusableImage(file, reason, "Build it again with `make images`.")


def _version_in(told: str) -> str | None:
    try:
        labels = json.loads(told)["data"]["attributes"]["labels"]
        return str(labels[LABEL])
    except (ValueError, KeyError, TypeError):
        return None
