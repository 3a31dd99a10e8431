"""What numbers mean: a property, its unit, the level that gives it, and what is wanted of it."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import Field, PositiveFloat

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.bounds import Number

if TYPE_CHECKING:  # workers hold the threads of NumPy to one before anything loads it
    import numpy as np
    import numpy.typing as npt

PropertyName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
LevelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]

Unit = Annotated[str, Field(max_length=30, pattern=r"^[\w°%/^*·.()+\- ]*$")]
"""As it is written behind a number; empty for numbers that have none, as counts.

It stands in reports and on terminals as it is, so it has no signs that mean anything there.
"""

Goal = Literal["maximise", "minimise", "reach"]

NumberT = TypeVar("NumberT", float, "npt.NDArray[np.float64]")


class Quantity(Message):
    """A number and its unit.

    Attributes:
        value: The number.
        unit: Its unit, empty if it has none.
    """

    value: Number
    unit: Unit = ""

    def __str__(self) -> str:
        """Write both with a space between; three digits behind the point."""
        return written(self.value, self.unit)


class Property(Message):
    """What is computed of a molecule.

    Attributes:
        description: In a few words, for people.
    """

    name: PropertyName
    unit: Unit = ""
    description: str = ""

    @property
    def title(self) -> str:
        """Its name as it is read, without the unit."""
        return self.name.replace("_", " ")


class Output(Message):
    """A property at a level: what a label is of, and what a surrogate predicts.

    Attributes:
        name: Name of the property.
        level: Name of the level.
        unit: Unit of its numbers, empty if they have none.
    """

    name: PropertyName
    level: LevelName
    unit: Unit = ""

    @property
    def key(self) -> str:
        """`PROPERTY@LEVEL`, its name in files."""
        return f"{self.name}@{self.level}"

    @property
    def title(self) -> str:
        """Its name with its unit, for headings and axes; the level is left out."""
        name = self.name.replace("_", " ")
        return f"{name} / {self.unit}" if self.unit else name


class Indicator(Message):
    """A property at a level by which another property is judged there, which is wanted elsewhere.

    Attributes:
        output: The property that is computed, at its level.
        of: Name of the property that is wanted, and follows from it along a line.
        falls: Whether the one falls where the other rises.
    """

    output: Output
    of: PropertyName
    falls: bool = False


class Objective(Message):
    """What a campaign is after: a property at a level, and what is wanted of it.

    Attributes:
        output: The property at its level.
        goal: What is wanted of it: maximise, minimise or reach.
        target: The value to be reached, None for the other goals.
        hit: Threshold that makes a hit, in the output's unit: a value that is passed, or the
            distance from the target that is kept. None: hits are not spoken of.
    """

    output: Output
    goal: Goal = "maximise"
    target: Number | None = None
    hit: Number | None = None

    def merit(self, value: NumberT) -> NumberT:
        """Turn values into what is larger the better they are, in the same unit."""
        match self.goal:
            case "maximise":
                return value
            case "minimise":
                return -value
            case "reach":
                return -abs(value - (self.target or 0.0))

    @property
    def hit_range(self) -> tuple[float, float]:
        """Between which values a hit lies; the ends belong to it where a value is to be reached."""
        if self.hit is None:
            return inf, -inf
        match self.goal:
            case "maximise":
                return self.hit, inf
            case "minimise":
                return -inf, self.hit
            case "reach":
                target = self.target or 0.0
                return target - abs(self.hit), target + abs(self.hit)

    def is_hit(self, value: float) -> bool:
        """Tell whether a value makes a hit; none does without a threshold."""
        lowest, highest = self.hit_range
        if self.goal == "reach":
            return lowest <= value <= highest
        return lowest < value < highest


class Limit(Message):
    """What a property at a level has to keep to: above one value, below another one, or both.

    Attributes:
        output: The property at its level.
        above: Value above which it has to lie, in the output's unit; None if there is none.
        below: Value below which it has to lie, likewise.
    """

    output: Output
    above: Number | None = None
    below: Number | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """Between which values it is kept; the ends do not belong to it."""
        return (
            -inf if self.above is None else self.above,
            inf if self.below is None else self.below,
        )

    def keeps(self, value: float) -> bool:
        """Tell whether a value keeps it."""
        lowest, highest = self.ends
        return lowest < value < highest


class Aim(Message):
    """An objective among others.

    Attributes:
        scale: How much of its unit weighs as much as 1 of another objective's scale.
    """

    objective: Objective
    scale: PositiveFloat = 1.0


def total_merit(aims: tuple[Aim, ...], values: Mapping[str, float]) -> float | None:
    """Add up how good a molecule is, each objective in its scale; None if no value is known.

    Args:
        aims: What is wanted.
        values: Values of properties by name, at whatever level they were computed.
    """
    merits = [
        aim.objective.merit(values[aim.objective.output.name]) / aim.scale
        for aim in aims
        if aim.objective.output.name in values
    ]
    return sum(merits) if merits else None


def written(value: float, unit: str, digits: int = 3) -> str:
    """Write a number with its unit behind it."""
    return f"{figures(value, unit, digits)} {unit}".rstrip()


def figures(value: float, unit: str, digits: int = 3) -> str:
    """Write a number with some digits behind the point, of which counts have none.

    Numbers of which these digits would show little, or far too much, are written with a power.
    """
    if not unit and value == round(value) and abs(value) < _LARGE:
        return f"{value:.0f}"
    if value == 0.0 or _SMALL <= abs(value) < _LARGE:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}g}"


_SMALL, _LARGE = 0.01, 1e7
