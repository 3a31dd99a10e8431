"""Text that others wrote, made harmless for the place where it is shown: one function for each.

Names of files, SMILES, headings, and what workers and programs report may hold anything. It is
shown as it is, but does nothing there: `visible` and `one_line` are for terminals, `literal` for
Markdown, `spreadsheet_cell` for CSV. Logs and `--json` need none, for JSON escapes by itself.
"""

from __future__ import annotations

import re
from shlex import quote

_FORMULA = ("=", "+", "-", "@")
"""How a cell begins that a spreadsheet would calculate."""


def visible(text: str) -> str:
    r"""Write whatever a terminal would obey instead of showing as JSON does, such as `\u001b`.

    These are control characters except tabulators and ends of lines, marks that turn the direction
    of writing, and halves of characters, as of file names that are not UTF-8.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\t\n" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    import json  # slow to import, and seldom needed

    return json.dumps(character)[1:-1]


def is_utf8(text: str) -> bool:
    """Tell whether text can leave this process: names of files may hold bytes that are no text."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def one_line(text: str) -> str:
    """Make text visible that must not look like several lines of ours."""
    return visible(" ".join(text.split()))


def shell_word(path: object) -> str:
    """Write a path into a command that a person may copy."""
    return quote(str(path))


def literal(text: str) -> str:
    """Quote text in Markdown so that nothing in it is interpreted; it may stand in a table."""
    line = one_line(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    padding = " " if line.startswith("`") or line.endswith("`") else ""
    # In a table, bars are escaped in code as well; a backslash before one must not undo that.
    barred = re.sub(r"(\\*)\|", r"\1\1\\|", line)
    return f"{fence}{padding}{barred}{padding}{fence}" if line else ""


def spreadsheet_cell(text: str) -> str:
    """Write text for a CSV file: what would be a formula begins with an apostrophe."""
    shown = visible(text).replace("\n", r"\n")
    return f"'{shown}" if text.lstrip().startswith(_FORMULA) else shown
