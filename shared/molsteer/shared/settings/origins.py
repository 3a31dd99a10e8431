"""Where each setting was given: in the file, in a variable or as a flag, the last the strongest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from molsteer.shared.settings.names import PREFIX, Name
from molsteer.shared.settings.sections import LISTS

Origin = Literal["nowhere", "the file", "the environment", "the command line"]

STRENGTH: tuple[Origin, ...] = ("nowhere", "the file", "the environment", "the command line")


@dataclass(frozen=True, slots=True)
class Origins:
    """What was given where.

    Attributes:
        document: What the file holds.
        text: Its text, where it is TOML; else empty.
        variables: Names of the variables of settings, in capitals, with what they hold.
        flags: By section and key.
    """

    document: Mapping[str, Any]
    text: str
    variables: Mapping[str, str]
    flags: Mapping[str, Mapping[str, object]]

    def of(self, name: Name) -> Origin:
        """Tell where a setting has its value from."""
        if name.key in self.flags.get(name.section, {}):
            return "the command line"
        whole = self.variables.get(f"{PREFIX}{name.section}".upper(), "")
        if name.variable in self.variables or f'"{name.key}"' in whole:
            return "the environment"
        held = self.document.get(name.section)
        tables = held if isinstance(held, list) else [held]
        given = any(isinstance(table, dict) and name.key in table for table in tables)
        return "the file" if given else "nowhere"

    def value(self, name: Name) -> object:
        """Give what was written for a setting where it counts, or None."""
        match self.of(name):
            case "the command line":
                return self.flags[name.section][name.key]
            case "the environment":
                return self.variables.get(name.variable)
            case "the file":
                return self.document[name.section][name.key]
            case _:
                return None

    def place(self, location: tuple[int | str, ...]) -> str:
        """Name the variable or the line that gave what is wrong; empty where neither did."""
        parts = [str(part) for part in location if isinstance(part, str)]
        name = Name(*[*parts, "", ""][:2])
        several = next((part for part in location[1:2] if isinstance(part, int)), None)
        match self.of(name) if name.key and several is None else self._of_table(name):
            case "the environment":
                return f"{name.variable}, "
            case "the file":
                number = line_of(self.text, name.section, name.key, several)
                return f"line {number}, " if number else ""
            case _:
                return ""

    def _of_table(self, name: Name) -> Origin:
        in_variable = name.section in LISTS and name.variable in self.variables
        return "the environment" if in_variable else "the file"


def variables_of(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Choose the variables that may hold settings, with their names in capitals."""
    named = {name.upper(): value for name, value in environment.items()}
    return {name: value for name, value in named.items() if name.startswith(PREFIX)}


def line_of(text: str, section: str, key: str, several: int | None = None) -> int | None:
    """Find the line of a TOML document that gives a setting, or begins a table without a key.

    None where it is not found, as in a table that is written in one line.

    Args:
        text: Of the document.
        section: Name of the table.
        key: Name of the setting; empty for the table itself.
        several: Which of several tables of the name it is, from 0; where this has no such
            setting, the line is the one where it begins.
    """
    wanted, begun, table, seen = [section, key] if key else [section], None, list[str](), -1
    for number, line in enumerate(text.splitlines(), 1):
        heading, closed, rest = line.strip().partition("]")
        if heading.startswith("[") and closed and rest.removeprefix("]").lstrip()[:1] in {"", "#"}:
            here = table = _parts(heading.lstrip("["))
            seen += table == [section]
            begun = number if seen == several and begun is None else begun
        else:
            left, is_setting, _ = line.partition("=")
            here = [*table, *_parts(left)] if is_setting else []
        if here[: len(wanted)] == wanted and several in {None, seen}:
            return number
    return begun


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]
