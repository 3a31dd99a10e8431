"""What people call a molecule, picked from the columns of their own files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from molsteer.steering.space.files.headings import known

_NAMES = ("name", "title", "synonym")
_IDENTIFIERS = ("id", "identifier", "code", "cas", "casrn", "casnumber", "number")
_LONGEST = 40


def title_headings(headings: Sequence[str]) -> tuple[str, ...]:
    """Choose an identifier and a name; the first column if there is neither."""
    found = [
        next((heading for heading in headings if known(heading).endswith(ends)), None)
        for ends in (_IDENTIFIERS, _NAMES)
    ]
    chosen = dict.fromkeys(heading for heading in found if heading is not None)
    return tuple(chosen or headings[:1])


def title(own: Mapping[str, str]) -> str:
    """Name a molecule in one line, by its name or else its identifier; empty if it has none."""
    headings = title_headings(list(own))
    return shown(own[headings[-1]]) if headings else ""


def shown(cell: str) -> str:
    """Write a cell as one short line without anything that a terminal would obey."""
    line = "".join(letter if letter.isprintable() else " " for letter in cell)
    line = " ".join(line.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
