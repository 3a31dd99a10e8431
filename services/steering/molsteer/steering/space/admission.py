"""Rules by which rows become molecules of a search space; nothing here knows chemistry."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.specs import PluginName
from molsteer.shared.wording import counted

Charged = Literal["keep", "leave-out"]
Salts = Literal["leave-out", "largest-fragment", "neutral-fragment"]


class Admission(Message):
    """Which molecules are taken in.

    Attributes:
        level: Level of theory whose limits hold; none where nothing will be computed.
        charged: Whether molecules with a charge are taken in.
        salts: What becomes of a row of several fragments: it is left out, or its largest organic
            fragment is taken in, as it is written or with as many protons as make it neutral.
    """

    level: PluginName | None = "xtb"
    charged: Charged = "keep"
    salts: Salts = "leave-out"


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
