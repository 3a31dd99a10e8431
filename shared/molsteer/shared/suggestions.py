"""What somebody may have meant who wrote a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable

LIKE = 0.7
"""How alike two names are at least, between 0 and 1, to be taken for each other."""


def meant(given: str, known: Iterable[str], like: float = LIKE) -> str | None:
    """Give the known name that is most like the one given; None if none is like it.

    Capitals do not matter, nor whether words are joined by hyphens or underscores.
    """
    from difflib import get_close_matches  # slow to import, and seldom needed

    names = {_plain(name): name for name in known}
    found = get_close_matches(_plain(given), names, 1, like)
    return names[found[0]] if found else None


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Ask for the known name that was meant, behind a sentence; empty if none is like it."""
    name = meant(given, known)
    return f" Did you mean {name}?" if name else ""


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")
