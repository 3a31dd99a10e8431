"""Every result of a campaign, read from its ledger."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from molsteer.shared.wire.properties import Output, Quantity
from molsteer.steering.ledger import own_columns
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import leading, outputs
from molsteer.steering.records.hits import Valued
from molsteer.steering.records.limits import breaking


@dataclass(frozen=True, slots=True)
class Found:
    """One molecule at one level.

    Attributes:
        number: Its place in the order of settling, from 1.
        molecule: Its number in the search space, from 0.
        smiles: The molecule.
        level: Name of the level.
        values: What was computed, by the name of the property.
        generation: Number of the models that chose the molecule, 0 if none did.
        by_chance: Whether it was drawn as a control since there were models.
        predicted: What they expected of the leading objective, None where they did not say.
        own: What the molecules file says of it beside the SMILES, by heading.
        spread: How far they were apart in this, None likewise.
        keeps: Whether the molecule keeps all limits.
    """

    number: int
    molecule: int
    smiles: str
    level: str
    values: Mapping[str, Quantity]
    generation: int
    by_chance: bool
    predicted: Quantity | None
    own: Mapping[str, str] = field(default_factory=dict)
    spread: Quantity | None = None
    keeps: bool = True

    def value(self, output: Output) -> float | None:
        """Give the value of an output, None if this is none of it."""
        known = self.values.get(output.name) if self.level == output.level else None
        return None if known is None else known.value

    def valued(self, output: Output) -> Valued | None:
        """Give the same with what limits say of the molecule."""
        value = self.value(output)
        return None if value is None else Valued(value, self.keeps)


def read_found(ledger: Ledger) -> list[Found]:
    """Read all results in the order of settling."""
    rows = ledger.connection.execute(f"{_RESULTS} ORDER BY number")
    return _found(ledger, rows, _values(ledger), own_columns.of_all(ledger))


def read_found_of(ledger: Ledger, molecules: Sequence[int]) -> Mapping[int, Sequence[Found]]:
    """Read the results of some molecules, in their order; what has none is left out."""
    which = json.dumps(list(molecules))
    rows = ledger.connection.execute(
        f"{_RESULTS} WHERE molecule IN (SELECT value FROM json_each(?)) ORDER BY number",  # noqa: S608 - ours
        (which,),
    ).fetchall()
    values = _values(ledger, [row["number"] for row in rows])
    own = {molecule: own_columns.of(ledger, molecule) for molecule in molecules}
    found = _found(ledger, rows, values, own)
    each_has = {number: [e for e in found if e.molecule == number] for number in molecules}
    return {molecule: has for molecule, has in each_has.items() if has}


_RESULTS = (
    "SELECT number, molecule, smiles, level, result.generation, by_chance, means, spreads"
    " FROM result LEFT JOIN choice USING (molecule)"
)


def _found(
    ledger: Ledger,
    rows: Iterable[Any],
    values: Mapping[int, Mapping[str, Quantity]],
    own: Mapping[int, Mapping[str, str]],
) -> list[Found]:
    predicted, broken = _Predicted(ledger), breaking(ledger)
    return [
        Found(
            row["number"],
            row["molecule"],
            row["smiles"],
            row["level"],
            values[row["number"]],
            row["generation"],
            bool(row["by_chance"]),
            predicted.of(row["means"]),
            own.get(row["molecule"], {}),
            predicted.of(row["spreads"]),
            row["molecule"] not in broken,
        )
        for row in rows
    ]


def values_of(found: Iterable[Found], output: Output) -> Mapping[int, float]:
    """Give what is known of an output, by the number of the molecule."""
    return {each.molecule: value for each in found if (value := each.value(output)) is not None}


def valued(found: Iterable[Found], output: Output) -> Sequence[Valued]:
    """Give what is known of an output and of limits, in the order in which it was found."""
    return [known for each in found if (known := each.valued(output)) is not None]


def outputs_of(found: Iterable[Found]) -> list[Output]:
    """List what was computed, in the order in which it was found first."""
    known = (
        (name, each.level, quantity.unit)
        for each in found
        for name, quantity in each.values.items()
    )
    return [Output(name=name, level=level, unit=unit) for name, level, unit in dict.fromkeys(known)]


def _values(
    ledger: Ledger, numbers: Sequence[int] | None = None
) -> Mapping[int, Mapping[str, Quantity]]:
    values = defaultdict[int, dict[str, Quantity]](dict)
    some = "" if numbers is None else "WHERE number IN (SELECT value FROM json_each(?))"
    rows = ledger.connection.execute(
        f"SELECT number, property, value, unit FROM label {some}"  # noqa: S608 - all ours
        " ORDER BY number, property",
        () if numbers is None else (json.dumps(list(numbers)),),
    )
    for number, name, value, unit in rows:
        values[number][name] = Quantity(value=value, unit=unit)
    return values


class _Predicted:
    """Finds what is predicted of the leading objective among the numbers of all outputs."""

    def __init__(self, ledger: Ledger) -> None:
        objective, learned = leading(ledger), outputs(ledger)
        self._output = objective.output if objective else None
        self._place = learned.index(self._output) if self._output in learned else None

    def of(self, numbers: str | None) -> Quantity | None:
        """Pick a number from those of all outputs, as JSON."""
        if numbers is None or self._output is None or self._place is None:
            return None
        return Quantity(value=json.loads(numbers)[self._place], unit=self._output.unit)


def labels_at(ledger: Ledger, level: str, name: str) -> Iterator[tuple[str, float, str]]:
    """Go through all labels of a property at a level, known ones first: SMILES, value and unit."""
    yield from ledger.connection.execute(
        "SELECT smiles, value, unit FROM known_label WHERE level = ?1 AND property = ?2"
        " UNION ALL SELECT * FROM (SELECT smiles, value, unit FROM label"
        " JOIN result USING (number) WHERE label.level = ?1 AND property = ?2 ORDER BY number)",
        (level, name),
    )
