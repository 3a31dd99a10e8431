"""How long the dashboard takes over a campaign of many molecules: first paint, search, sorting.

    PYTHONPATH=tests python bench/dashboard.py [--molecules 100000] [--folder FOLDER]

Makes a ledger with that many results, serves it as `molsteer dashboard` does, and asks for its
pages over HTTP: the first time, as after a start, and again; and a Chromium when it painted first.
"""

from __future__ import annotations

import itertools
import json
import random
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import requests
from support.browser import browser
from support.dashboard_process import dashboard
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


PAGES = {
    "overview": "",
    "overview, again": "",
    "molecules": "molecules",
    "the last page": "molecules?page=100000",
    "sorted by prediction": "molecules?order=predicted&direction=descending",
    "sorted by SMILES": "molecules?order=smiles&direction=ascending",
    "hits": "molecules?group=hits",
    "searched for a part": "molecules?q=c1ccc(cc1)CO",
    "searched for a name": "molecules?q=compound 777",
    "searched for what is not there": "molecules?q=nothing",
    "one molecule": "molecules/999",
}

_PAINTED = "performance.getEntriesByName('first-contentful-paint')"


@click.command()
@click.option("--molecules", default=100_000, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), help="Keeps the campaign for next time.")
def main(molecules: int, folder: Path | None) -> None:
    """Measure the pages of a campaign with so many molecules."""
    with TemporaryDirectory() as made:
        run_dir = (folder or Path(made)) / f"with-{molecules}"
        if not run_dir.exists():
            large_campaign(run_dir, molecules)
        with dashboard(run_dir, Path(made) / "log") as (address, _):
            campaign = f"{address}c/{run_dir.name}/"
            for name, page in PAGES.items():
                begun = time.perf_counter()
                answer = requests.get(campaign + page, timeout=600)
                answer.raise_for_status()
                took_s = time.perf_counter() - begun
                print(f"{name:32} {took_s:8.3f} s {len(answer.content) / 1e3:8.1f} kB")
            begun = time.perf_counter()
            requests.get(f"{campaign}figures/discovery.svg", timeout=600).raise_for_status()
            print(f"{'the first figure is there after':32} {time.perf_counter() - begun:8.3f} s")
            with browser(Path(made)) as tab:
                for page in ("", "molecules"):
                    tab.open(campaign + page)
                    tab.wait_until(f"{_PAINTED}.length > 0")
                    painted_s = tab.told(f"{_PAINTED}[0].startTime") / 1e3
                    print(f"{f'first paint of /{page}':32} {painted_s:8.3f} s")


if __name__ == "__main__":
    main()
