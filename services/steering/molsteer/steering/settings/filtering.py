"""The section of a campaign's settings that leaves molecules out."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveInt,
    model_validator,
)
from pydantic_settings import NoDecode

from molsteer.shared.settings.sections import Section
from molsteer.steering.settings.kinds import listed
from molsteer.steering.space.admission import Filter


def _checked_element(symbol: str) -> str:
    from molsteer.steering.space.filtering import is_element  # RDKit, only where it is needed

    if not is_element(symbol):
        raise ValueError(f"{symbol!r} is no element; write symbols, as Cl")
    return symbol


def _checked_pattern(text: str) -> str:
    from molsteer.steering.space.filtering import is_pattern  # as above

    if not is_pattern(text):
        raise ValueError(f"{text!r} is no SMARTS pattern")
    return text


def _checked_score(score: float) -> float:
    from molsteer.steering.space.filtering import can_score_synthesis  # as above

    if not can_score_synthesis():
        raise ValueError(
            "the RDKit that is installed here comes without SA_Score; leave it out, or install "
            "RDKit from PyPI"
        )
    return score


def _patterns(given: object) -> object:
    """Take one pattern for a list of one; a list as JSON has quotes, which patterns have not."""
    return (given,) if isinstance(given, str) and not given.startswith('["') else listed(given)


Pattern = Annotated[str, AfterValidator(_checked_pattern)]
Patterns = Annotated[tuple[Pattern, ...], NoDecode, BeforeValidator(_patterns)]
Element = Annotated[str, AfterValidator(_checked_element)]
Elements = Annotated[tuple[Element, ...], NoDecode, BeforeValidator(listed)]
Charges = Annotated[tuple[int, ...], NoDecode, BeforeValidator(listed)]


class FilterSection(Section):
    """Molecules that are left out of the search, whatever the space holds."""

    elements: Elements = Field(
        default=(), description="Elements that molecules may have, beside hydrogen; all if none."
    )
    charges: Charges = Field(
        default=(), description="Charges that molecules may have, as 0; all if none."
    )
    heavy_atoms_min: NonNegativeInt | None = Field(
        default=None, description="Fewest atoms of a molecule, hydrogen not counted."
    )
    heavy_atoms_max: PositiveInt | None = Field(
        default=None, description="Most atoms of a molecule, hydrogen not counted."
    )
    smarts: Patterns = Field(
        default=(), description="SMARTS patterns, all of which a molecule must have."
    )
    smarts_unwanted: Patterns = Field(
        default=(), description="SMARTS patterns, none of which a molecule may have."
    )
    sa_score_max: Annotated[float, Field(ge=1, le=10), AfterValidator(_checked_score)] | None = (
        Field(
            default=None,
            description="Hardest synthesis, by the score of Ertl and Schuffenhauer from 1 (easy) "
            "to 10.",
        )
    )

    @model_validator(mode="after")
    def _check_atoms(self) -> Self:
        fewest, most = self.heavy_atoms_min, self.heavy_atoms_max
        if fewest is not None and most is not None and fewest > most:
            raise ValueError(
                f"heavy_atoms_min = {fewest} and heavy_atoms_max = {most} leave no molecule; turn "
                f"them around"
            )
        return self

    def as_filter(self) -> Filter:
        """Give what is to be left out."""
        return Filter(**self.model_dump())
