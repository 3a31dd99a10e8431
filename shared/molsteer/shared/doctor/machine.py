"""Checks of this machine and of what is installed on it."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from importlib.metadata import version as installed_version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from molsteer.shared.doctor.check import Finding
from molsteer.shared.host.last_words import check_shared_memory
from molsteer.shared.host.versions import installed_versions

OLDEST_PYTHON = (3, 11)
FEW_OPEN_FILES = 1024
LITTLE_SPACE_BYTES = 1_000_000_000


def look_at_python() -> Iterator[Finding]:
    """Check the version of the interpreter."""
    sentence = f"Python {platform.python_version()} at {sys.executable}."
    if sys.version_info >= OLDEST_PYTHON:
        yield Finding("ok", sentence)
    else:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        yield Finding("problem", sentence, f"Install molsteer under Python {oldest} or newer.")


def look_at_packages() -> Iterator[Finding]:
    """Check that all molsteer packages are of one version."""
    versions = installed_versions()
    listed = ", ".join(f"{name} {number}" for name, number in versions.items())
    if len(set(versions.values())) == 1:
        yield Finding("ok", f"Installed: {listed}.")
    else:
        cure = "Install all of them in the same version."
        yield Finding("problem", f"The versions differ: {listed}.", cure)


def look_at_libraries() -> Iterator[Finding]:
    """Check that what the molsteer packages need is there, new enough."""
    fitting = []
    for name, wanted in sorted(_needed().items()):
        try:
            found = installed_version(name)
        except PackageNotFoundError:
            cure = f"Install it: pip install '{name}{wanted}'."
            yield Finding("problem", f"{name} is not installed.", cure)
            continue
        if wanted.contains(found, prereleases=True):
            fitting.append(f"{name} {found}")
        else:
            cure = f"Install another one: pip install '{name}{wanted}'."
            yield Finding("problem", f"{name} is {found}, which is not {wanted}.", cure)
    yield Finding("ok", f"As needed: {', '.join(fitting)}.")


def _needed() -> dict[str, SpecifierSet]:
    """Name the third-party packages that the installed molsteer packages ask for."""
    asked = [Requirement(text) for name in installed_versions() for text in requires(name) or ()]
    own = [asking for asking in asked if asking.name.startswith("molsteer-")]
    extras = {"", *(extra for asking in own for extra in asking.extras)}
    needed: dict[str, SpecifierSet] = {}
    for asking in asked:
        applies = asking.marker is None or any(
            asking.marker.evaluate({"extra": extra}) for extra in extras
        )
        if applies and asking not in own:
            needed[asking.name] = needed.get(asking.name, SpecifierSet()) & asking.specifier
    return needed


def look_at_open_files() -> Iterator[Finding]:
    """Check how many files and connections a process may have open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    sentence = f"A process may open {soft:,} files and connections."
    if soft == resource.RLIM_INFINITY:
        yield Finding("ok", "A process may open any number of files and connections.")
    elif soft >= FEW_OPEN_FILES:
        yield Finding("ok", sentence)
    else:
        most = "as many as you like" if hard == resource.RLIM_INFINITY else f"up to {hard:,}"
        cure = f"Raise it ({most}) before you start: ulimit -n {FEW_OPEN_FILES}."
        yield Finding("warning", sentence, cure)


def look_at_shared_memory() -> Iterator[Finding]:
    """Check that processes can wait for each other; raises what `examine` turns into a finding."""
    check_shared_memory()
    yield Finding("ok", "Processes can share memory in /dev/shm.")


def look_at_folder(folder: Path) -> Iterator[Finding]:
    """Check that a folder can be written, or made, and how much room is left for it."""
    there = nearest_folder(folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        sentence = f"Nothing can be written in {there}: {error.strerror}."
        yield Finding("problem", sentence, "Choose another folder, or change its permissions.")
        return
    yield room(folder)


def room(folder: Path) -> Finding:
    """Tell how much room is left where a folder is, or would be made."""
    there = nearest_folder(folder)
    free_bytes = shutil.disk_usage(there).free
    sentence = (
        f"{folder} {'exists' if there == folder else 'can be made'}, {size(free_bytes)} free."
    )
    if free_bytes >= LITTLE_SPACE_BYTES:
        return Finding("ok", sentence)
    return Finding("warning", sentence, "Make room, or choose a folder on another disk.")


def nearest_folder(path: Path) -> Path:
    """Find what is there of a path: itself, or the nearest of its parents."""
    return next(place for place in (path, *path.absolute().parents) if place.exists())


def file_system(folder: Path) -> str | None:
    """Name the kind of the file system that a folder is on; None where Linux does not tell."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
        device = folder.stat().st_dev
    except OSError:
        return None
    here = f"{os.major(device)}:{os.minor(device)}"
    kinds = [line.partition(" - ")[2].split()[0] for line in lines if line.split()[2] == here]
    return kinds[-1] if kinds else None


def size(size_bytes: float) -> str:
    """Write a number of bytes for people."""
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 999.5:  # what is more is rounded to a thousand
            return f"{size_bytes:.3g} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:,.0f} TB"
