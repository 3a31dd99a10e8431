"""What pydantic finds wrong, and counts of things, in the words of people who know no pydantic."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from molsteer.shared.suggestions import meant

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_WHOLE, _NUMBER, _FLAG = "must be a whole number", "must be a number", "must be true or false"
_LIST, _TABLE, _PATH = "must be a list", "must be a table", "must be the path of a file or folder"

_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "there is no such setting; check the spelling",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "must be a finite number",
    "bool_type": _FLAG,
    "bool_parsing": _FLAG,
    "string_type": "must be a text",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "too_short": "must hold at least {min_length}",
    "too_long": "must hold at most {max_length}",
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _TABLE,
    "model_type": _TABLE,
    "path_type": _PATH,
    "literal_error": "must be {expected}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
}
"""By pydantic's names of errors; the words in braces are the facts that it gives with them."""


def wording(problem: ErrorDetails) -> str:
    """Say what is wrong with a value; the place in front of it makes it a sentence."""
    if words := _WORDS.get(problem["type"]):
        facts = problem.get("ctx", {})
        return words.format_map(facts) + _choice_meant(problem.get("input"), facts.get("expected"))
    return problem["msg"].removeprefix("Value error, ")


def _choice_meant(given: object, expected: object) -> str:
    if not isinstance(given, str) or not isinstance(expected, str):
        return ""
    choice = meant(given, re.findall("'([^']*)'", expected))
    return f"; did you mean {choice}" if choice else ""


def sentences(error: ValidationError) -> list[str]:
    """Tell what is wrong with settings, one sentence for each problem, with its place."""
    problems = error.errors(include_url=False, include_input=False)
    return [f"{_place(problem['loc'])}: {wording(problem)}." for problem in problems]


def _place(location: tuple[int | str, ...]) -> str:
    match location:
        case (str(name), int(place), *keys):  # one of several tables of the name
            table = f"[[{name}]] {place + 1}"
            return f"{table}, {'.'.join(map(str, keys))}" if keys else table
        case _:
            table, *parts = [str(part) for part in location] or ["settings"]
            return f"[{table}] {'.'.join(parts)}".rstrip()


def counted(count: int, name: str) -> str:
    """Write how many there are of something, one or several."""
    return f"{count:,} {name}{'' if count == 1 else 's'}"
