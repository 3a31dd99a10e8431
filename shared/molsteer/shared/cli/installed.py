"""What installed packages offer, found without loading what reads all else about packages."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from operator import attrgetter


def offered(group: str) -> dict[str, str]:
    """Name what installed packages offer in a group of entry points, and where that is.

    It is what `importlib.metadata.entry_points` says; that takes six times as long, half of it to
    import a parser of letters, at the start of every command.

    Returns:
        `module:attribute` by name; of two of a name, the first on the path of imports.
    """
    found: dict[str, str] = {}
    heading = f"[{group}]".encode()
    for text in _texts():
        if heading in text:
            for name, place in _entries(text.decode("utf-8", "replace"), group):
                found.setdefault(name, place)
    return found


def load(place: str) -> object:
    """Import what is at `module:attribute`."""
    module, _, attribute = place.partition(":")
    return attrgetter(attribute)(import_module(module))


def _texts() -> Iterator[bytes]:
    for folder in dict.fromkeys(sys.path):
        try:
            names = sorted(os.listdir(folder or "."))
        except OSError:  # an archive, or a folder that is not there
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                try:
                    with open(os.path.join(folder, name, "entry_points.txt"), "rb") as file:
                        yield file.read()
                except OSError:  # most packages offer nothing
                    continue


def _entries(text: str, group: str) -> Iterator[tuple[str, str]]:
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line == f"[{group}]"
        elif inside and "=" in line and not line.startswith(("#", ";")):
            name, _, place = line.partition("=")
            yield name.strip(), place.partition("[")[0].strip()
