"""Finds the tasks that a person means: by their id, a part of it, a molecule or its SMILES."""

from __future__ import annotations

from collections.abc import Iterable

from molsteer.shared.wire.topics import TOPICS
from molsteer.steering.errors import UnknownTask
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.space.molecules import Reason, identity, parse


def find_tasks(ledger: Ledger, said: str) -> list[str]:
    """Give the ids of all attempts at one piece of work, in order.

    Args:
        ledger: The campaign's.
        said: The id of a task, the beginning of one up to a slash, the number of a molecule, or a
            SMILES of it; a molecule stands for its simulations at all levels.

    Raises:
        UnknownTask: If nothing, or more than one thing, is meant.
    """
    said = said.strip().strip("/")
    if said.isdecimal():
        return _known(said, _below(ledger, f"simulate/{int(said)}"))
    parts = said.split("/")
    if parts[0] not in TOPICS:
        return _known(said, _of_molecule(ledger, said))
    found = _below(ledger, "/".join(parts[:3]))
    pieces = list(dict.fromkeys(map(_piece, found)))
    if len(pieces) > 1:
        raise UnknownTask(said, pieces)
    if not any(f"{task_id}/".startswith(f"{said}/") for task_id in found):
        raise UnknownTask(said)
    return found


def _piece(task_id: str) -> str:
    """Name a molecule, a group of members or a chunk: whose tasks are told together."""
    parts = task_id.split("/")
    return "/".join(parts[: 2 if parts[0] == "simulate" else 3])


def _below(ledger: Ledger, beginning: str) -> list[str]:
    """Give the tasks whose id begins so; `0` is what follows `/` in every alphabet."""
    rows = ledger.connection.execute(
        "SELECT task_id FROM task WHERE task_id > ? AND task_id < ? ORDER BY rowid",
        (f"{beginning}/", f"{beginning}0"),
    )
    return [task_id for (task_id,) in rows]


def _of_molecule(ledger: Ledger, smiles: str) -> list[str]:
    for name in _names(smiles):
        row = ledger.connection.execute(
            "SELECT json_extract(command, '$.molecule') FROM task LEFT JOIN result USING (task_id)"
            " WHERE topic = 'simulate'"
            " AND ?1 IN (result.smiles, json_extract(error, '$.facts.smiles')) LIMIT 1",
            (name,),
        ).fetchone()
        if row is not None:
            return _below(ledger, f"simulate/{row[0]}")
    return []


def _names(smiles: str) -> Iterable[str]:
    yield smiles
    molecule = parse(smiles)
    if not isinstance(molecule, Reason):
        yield identity(molecule)


def _known(said: str, found: list[str]) -> list[str]:
    if not found:
        raise UnknownTask(said)
    return found
