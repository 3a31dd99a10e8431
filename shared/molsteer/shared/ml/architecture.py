"""How the network is built, as data that travels with its weights."""

from __future__ import annotations

from typing import Self

from pydantic import PositiveInt

from molsteer.shared.frozen import Message
from molsteer.shared.graphs import ATOM_VOCABULARY, BOND_VOCABULARY


class Architecture(Message):
    """Everything that decides which tensors an ensemble member has, and their shapes.

    Attributes:
        width: Features of each atom inside the network.
        layers: Rounds of message passing.
        atom_vocabulary: Number of codes of each atom column.
        bond_vocabulary: Number of codes of each bond column.
    """

    width: PositiveInt
    layers: PositiveInt
    atom_vocabulary: tuple[PositiveInt, ...] = ATOM_VOCABULARY
    bond_vocabulary: tuple[PositiveInt, ...] = BOND_VOCABULARY

    def differences(self, wanted: Self) -> list[str]:
        """Say, one phrase for each field, where this architecture is not the wanted one."""
        return [
            f"{name} is {found}, not {expected}"
            for name, found in self
            if found != (expected := getattr(wanted, name))
        ]
