"""What is said between `molsteer simulate` and the processes that compute for it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue, TypeAdapter

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.messages import ErrorRecord
from molsteer.shared.wire.properties import PropertyName, Quantity, Unit
from molsteer.shared.wire.specs import SimulationSpec

READY = b"ready\n"
"""The first line of a process that has loaded everything."""


class Order(Message):
    """Compute one molecule.

    Attributes:
        wanted: Properties by name, and the unit of each, None where any is welcome; what the
            method gives of itself if there are none.
        scratch: An existing folder.
        limit_s: Wall-clock time after which the process is killed.
    """

    smiles: str
    spec: SimulationSpec
    wanted: dict[PropertyName, Unit | None]
    scratch: str
    limit_s: float


class Computed(Message):
    """A molecule and its properties; see `molsteer.simulator.port.Computed`.

    Attributes:
        charge: Of the molecule as it was given, in elementary charges.
        cpu_s: Processor time that it took.
    """

    kind: Literal["computed"] = "computed"
    canonical_smiles: str
    inchikey: str
    charge: int
    values: dict[PropertyName, Quantity]
    steps: dict[str, int]
    multiplicities: dict[str, int]
    engine: str
    cpu_s: float
    records: dict[str, dict[str, JsonValue]]


class NotComputed(Message):
    """Why a molecule has no properties.

    Attributes:
        mendable: Whether the user can mend it.
    """

    kind: Literal["not-computed"] = "not-computed"
    error: ErrorRecord
    mendable: bool


Answer = Computed | NotComputed
ANSWER: TypeAdapter[Answer] = TypeAdapter(Annotated[Answer, Field(discriminator="kind")])
