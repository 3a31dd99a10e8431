"""Rules by which rows become molecules of a search space; nothing here knows chemistry."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.specs import PluginName
from molsteer.shared.wording import counted

Charged = Literal["keep", "leave-out"]
Salts = Literal["leave-out", "largest-fragment", "neutral-fragment"]


class Filter(Message):
    """Which of the molecules that can be computed are wanted; whatever is not said does not count.

    Attributes:
        elements: Symbols of those that molecules may have, beside hydrogen.
        charges: Those that molecules may have.
        heavy_atoms_min, heavy_atoms_max: How many atoms but hydrogen they may have.
        smarts: Patterns, all of which they must have.
        smarts_unwanted: Patterns, none of which they may have.
        sa_score_max: How hard to make they may be, from 1 to 10.
    """

    elements: tuple[str, ...] = ()
    charges: tuple[int, ...] = ()
    heavy_atoms_min: int | None = None
    heavy_atoms_max: int | None = None
    smarts: tuple[str, ...] = ()
    smarts_unwanted: tuple[str, ...] = ()
    sa_score_max: float | None = None


class Admission(Message):
    """Which molecules are taken in.

    Attributes:
        level: Level of theory whose limits hold; none where nothing will be computed.
        charged: Whether molecules with a charge are taken in.
        salts: What becomes of a row of several fragments: it is left out, or its largest organic
            fragment is taken in, as it is written or with as many protons as make it neutral.
        filter: Which of the others are wanted.
    """

    level: PluginName | None = "xtb"
    charged: Charged = "keep"
    salts: Salts = "leave-out"
    filter: Filter = Filter()


DEFAULT = Admission()

LABELLED = Admission(level=None)
"""For molecules whose labels are known: whatever a network can learn from."""


def charged_told(count: int) -> str:
    """Say what charged molecules mean for a search."""
    return (
        f"Charged: {counted(count, 'molecule')}. Energies of ions lie far from those of neutral "
        f"molecules, so that they lead or end most lists; leave charged ones out with --charged "
        f"leave-out."
    )


class Change(StrEnum):
    """How the molecule that was taken in differs from its row, or says more than it."""

    HYDROGENS = "InChI that does not say where hydrogens are"
    FRAGMENT = "salt, largest fragment kept"
    NEUTRALISED = "salt, largest fragment kept and neutralised"
