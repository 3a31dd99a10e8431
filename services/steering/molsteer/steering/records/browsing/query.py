"""What somebody asks of the molecules of a campaign, and the SQL that answers it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from rdkit.rdBase import BlockLogs

from molsteer.shared.wire.properties import Objective, Output
from molsteer.steering.ledger import own_columns
from molsteer.steering.space.molecules import Reason, identity, parse

Group = Literal["all", "hits", "models", "control", "start", "failed"]
GROUPS: tuple[Group, ...] = get_args(Group)

ROWS = 50

_IN_ORDER = {"number": "result.number", "smiles": "result.smiles"}


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for.

    Attributes:
        text: Part of a SMILES or of a user's own columns, another SMILES of a molecule, or its
            number in the search space; empty for all.
        group: Which ones: all that were computed, hits by the leading objective, those that models
            chose, that were drawn as a control, or that were chosen before there was a model; or
            those that failed for good.
        order: number, smiles, predicted, spread, or the place of an output; empty for the best
            first.
        descending: Whether the largest come first, where an order is given.
        page: From 1.
    """

    text: str = ""
    group: Group = "all"
    order: str = ""
    descending: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True)
class Selection:
    """A query as parts of a statement.

    Attributes:
        joined: Tables beside `result` that its conditions need.
        joined_for_order: Those that only its order needs.
        conditions: All of them have to hold.
        order: What to order by.
        parameters: By name.
    """

    joined: str
    joined_for_order: str
    conditions: str
    order: str
    parameters: Mapping[str, str | float]


def select(
    query: Query,
    outputs: Sequence[Output],
    leading: Objective | None,
    predicted: int | None,
    hits: Iterable[int] = (),
) -> Selection:
    """Write a query of computed molecules as parts of a statement.

    Args:
        query: What is asked for.
        outputs: What a table shows of each molecule, that of the leading objective first.
        leading: The objective by which molecules are called the best.
        predicted: Place of the leading objective among what models predict, None if it has none.
        hits: Numbers of the molecules that are hits, where these are asked for.
    """
    parameters: dict[str, str | float] = {
        name: value
        for place, output in enumerate(outputs)
        for name, value in ((f"level{place}", output.level), (f"name{place}", output.name))
    }
    parameters |= _texts(query.text) | {"hits": json.dumps(list(hits))}
    parameters["target"] = (leading.target if leading else None) or 0.0
    needs = dict.fromkeys(_needed(query))
    key, falling = _key(query, len(outputs), leading, predicted)
    order_needs = [each for each in _tables(key) if each not in needs]
    return Selection(
        joined=" ".join(needs),
        joined_for_order=" ".join(order_needs),
        conditions=" AND ".join(["TRUE", *_conditions(query)]),
        order=f"{key} IS NULL, {key} {'DESC' if falling else 'ASC'}, result.number",
        parameters=parameters,
    )


def _texts(text: str) -> dict[str, str | float]:
    if not text:
        return {}
    with BlockLogs():  # most of what is typed is no SMILES
        molecule = parse(text)
    escaped = json.dumps(text)[1:-1].replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return {
        "text": text,
        "canonical": text if isinstance(molecule, Reason) else identity(molecule),
        "like": f"%{escaped}%",
        "number": int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else -1,
    }


def _needed(query: Query) -> Iterator[str]:
    if query.text:
        yield own_columns.joined("result.molecule")
    if query.group == "control":
        yield _CHOICE


def _conditions(query: Query) -> Iterator[str]:
    # A molecule stands where it was found first, at whatever level.
    yield (
        "NOT EXISTS (SELECT 1 FROM result AS before WHERE before.molecule = result.molecule"
        " AND before.number < result.number)"
    )
    if query.text:
        yield (
            "(instr(result.smiles, :text) OR result.smiles = :canonical"
            r" OR own.value LIKE :like ESCAPE '\' OR result.molecule = :number)"
        )
    match query.group:
        case "hits":
            yield "result.molecule IN (SELECT value FROM json_each(:hits))"
        case "models":
            yield "result.generation > 0"
        case "control":
            yield "choice.by_chance = 1"
        case "start":
            yield (
                "result.generation = 0 AND NOT EXISTS (SELECT 1 FROM choice AS drawn"
                " WHERE drawn.molecule = result.molecule AND drawn.by_chance = 1)"
            )
        case "all" | "failed":
            pass


def _key(
    query: Query, outputs: int, leading: Objective | None, predicted: int | None
) -> tuple[str, bool]:
    if query.order in _IN_ORDER:
        return _IN_ORDER[query.order], query.descending
    if query.order in {"predicted", "spread"} and predicted is not None:
        column = "means" if query.order == "predicted" else "spreads"
        return f"json_extract(choice.{column}, '$[{predicted}]')", query.descending
    if query.order.isdecimal() and int(query.order) < outputs:
        return f"label{int(query.order)}.value", query.descending
    if leading is None:
        return "result.number", False
    match leading.goal:
        case "maximise":
            return "label0.value", True
        case "minimise":
            return "label0.value", False
        case "reach":
            return "abs(label0.value - :target)", False


def _tables(key: str) -> Iterator[str]:
    if "choice." in key:
        yield _CHOICE
    if "label" in key:
        yield _label(int(key.partition("label")[2].partition(".")[0]))


_CHOICE = "LEFT JOIN choice ON choice.molecule = result.molecule"


def _label(place: int) -> str:
    return (
        f"LEFT JOIN label AS label{place} ON label{place}.molecule = result.molecule"
        f" AND label{place}.level = :level{place} AND label{place}.property = :name{place}"
    )
