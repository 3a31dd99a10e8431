"""How long the dashboard takes over a campaign of many molecules: first paint, search, sorting.

    PYTHONPATH=tests python bench/dashboard.py [--molecules 100000] [--folder FOLDER]

Makes a ledger with that many results, serves it as `molsteer dashboard` does, and asks for its
pages over HTTP: the first time, as after a start, and again; and a Chromium when it painted first.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from support.made_campaigns import made_campaign
from support.made_ledgers import HIGH_IP

from molsteer.steering.ledger import own_columns
from molsteer.steering.ledger.ledger import Ledger

_PIECES = ("C", "CC", "CO", "CN", "C(F)", "C(=O)", "C(Cl)", "C=C", "CS", "c1ccc(cc1)")


def many_molecules(count: int) -> Iterator[str]:
    """Give as many SMILES, each once."""
    for length in itertools.count(2):
        for pieces in itertools.product(_PIECES, repeat=length):
            yield "".join(pieces)
            count -= 1
            if not count:
                return


def large_campaign(folder: Path, molecules: int) -> None:
    """Make the run directory of a campaign that simulated so many molecules."""
    chance = random.Random(7)
    with closing(made_campaign(folder, results=(), budget=molecules)) as ledger:
        with ledger.transaction():
            for number, smiles in enumerate(many_molecules(molecules), start=1):
                _add(ledger, number, smiles, chance)
        ledger.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _add(ledger: Ledger, number: int, smiles: str, chance: random.Random) -> None:
    molecule, at = 3 * number, 1_700_000_000.0 + number
    task_id, generation = f"simulate/{molecule}/xtb/1", 0 if number < 100 else 1 + number // 5_000
    value = chance.gauss(12.0 + (generation > 0), 0.8)
    execute = ledger.connection.execute
    execute(
        "INSERT INTO task (task_id, topic, command, state, status, created_at, dispatched_at,"
        " started_at, ended_at, reported_at, settled_at, starts, worker, publishes, cpu_s)"
        " VALUES (?, 'simulate', ?, 'settled', 'ok', ?, ?, ?, ?, ?, ?, 1, ?, 1, 0.9)",
        (
            *(task_id, json.dumps({"molecule": molecule, "level": "xtb", "attempt": 1})),
            *(at, at + 0.1, at + 0.2, at + 1.2, at + 1.2, at + 1.3, f"node{number % 8}:1"),
        ),
    )
    execute(
        "INSERT INTO result (number, molecule, level, task_id, smiles, engine, generation, record)"
        " VALUES (?, ?, 'xtb', ?, ?, 'made', ?, 'records/none')",
        (number, molecule, task_id, smiles, generation),
    )
    for name, shift in ((HIGH_IP[0].output.name, 0.0), ("vertical_ionization_potential", 0.3)):
        execute(
            "INSERT INTO label (number, molecule, level, property, value, unit)"
            " VALUES (?, ?, 'xtb', ?, ?, 'eV')",
            (number, molecule, name, value + shift),
        )
    if generation:
        execute(
            "INSERT INTO choice (molecule, by_chance, generation, means, spreads, score)"
            " VALUES (?, 0, ?, ?, '[0.3]', 1.5)",
            (molecule, generation, json.dumps([value + chance.gauss(0.0, 0.3)])),
        )
    own_columns.keep(ledger, molecule, ["name"], {"name": f"compound {number}"})
