"""Numbers of molecules that may be given as a percentage of the search space, as `1%`."""

from __future__ import annotations

import re
from math import ceil
from typing import Annotated, Any

from pydantic import PlainValidator, PositiveInt, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError, PydanticKnownError

_PERCENTAGE = re.compile(r"(\d+(?:\.\d+)?|\.\d+) *%")


class Percentage(str):
    """A percentage as it is written."""

    __slots__ = ()

    @property
    def number(self) -> float:
        """What stands in front of the sign."""
        return float(self.rstrip("% "))


_NUMBER: TypeAdapter[int] = TypeAdapter(PositiveInt)


def _amount(given: object) -> int | Percentage:
    if isinstance(given, str) and "%" in given:
        return _percentage(given.strip())
    try:
        return _NUMBER.validate_python(given)
    except ValidationError as error:
        (problem,) = error.errors()
        kind: Any = problem["type"]
        raise PydanticKnownError(kind, problem.get("ctx")) from None


def _percentage(text: str) -> Percentage:
    if not _PERCENTAGE.fullmatch(text) or not 0 < (found := Percentage(text)).number <= 100:
        raise PydanticCustomError("percentage", "must be above 0% and at most 100%, as 1%")
    return found


Amount = Annotated[int | Percentage, PlainValidator(_amount)]
"""A positive number of molecules, or a percentage of those in the space."""


def in_molecules(amount: int | Percentage, space_size: int) -> int:
    """Give an amount as a number, rounded up, so that it is never none."""
    if not isinstance(amount, Percentage):
        return amount
    return max(1, ceil(round(space_size * amount.number / 100, 9)))  # 7 % of 100 are 7


def whole(amount: int | Percentage) -> int:
    """Give an amount that is a number, as all are once the search space is known.

    Raises:
        TypeError: If it is a percentage.
    """
    if isinstance(amount, Percentage):
        raise TypeError(f"{amount} of a search space that is not known")
    return amount
