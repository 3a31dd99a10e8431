"""Geometries that one level hands up to another."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue, ValidationError

from molsteer.shared.wire.messages import Start
from molsteer.steering.errors import RecordUnreadable
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.documents.record_files import read_record

log = logging.getLogger(__name__)

STATES = ("neutral", "cation", "anion")


def start_from(level: str | None, molecule: int, ledger: Ledger, run_dir: Path) -> Start | None:
    """Read the geometries that a level relaxed; None if there is no level, or it has none.

    They are in the records of its result, which lie in the run directory before the ledger names
    them, so whoever asks again, also after a crash, is told the same.
    """
    if level is None:
        return None
    query = "SELECT record FROM result WHERE molecule = ? AND level = ?"
    row = ledger.connection.execute(query, (molecule, level)).fetchone()
    if row is None:
        return None
    try:
        return _start(level, read_record(run_dir / row[0]))
    except RecordUnreadable as error:
        log.warning("molecule %d starts afresh: %s", molecule, error)
        return None


def _start(level: str, records: Mapping[str, JsonValue]) -> Start | None:
    symbols: object = ()
    geometries: dict[str, object] = {}
    for state in STATES:
        match records.get(state):
            case {"final_molecule": {"symbols": list(atoms), "geometry": list(geometry)}}:
                symbols, geometries[state] = tuple(atoms), tuple(geometry)
    try:
        given = {"level": level, "symbols": symbols, "geometries": geometries}
        return Start.model_validate(given)
    except ValidationError:  # a package's own records, or none of a relaxation
        return None
