"""How fast molecules become graphs, and a file of them a search space.

python bench/featurize.py MOLECULES [--rows 20000] [--processes 2]
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import click
from rdkit import Chem, rdBase

from molsteer.steering.space.build import build
from molsteer.steering.space.featurize import featurize
from molsteer.steering.space.files.sources import MoleculesFile

REPEATS = 5


@click.command()
@click.argument("molecules", type=click.Path(path_type=Path))
@click.option("--rows", default=20_000, show_default=True, help="Rows to take from the file.")
@click.option("--processes", default=2, show_default=True, help="Processes of the build.")
def bench(molecules: Path, rows: int, processes: int) -> None:
    """Measure molecules per second on the first rows of a molecules file."""
    smiles = [row.smiles for row in islice(MoleculesFile(molecules).rows(), rows)]
    few = smiles[:1000]
    parsing = best_rate(len(few), lambda: parse(few))
    print(f"parsing alone, one process        {parsing:8,.0f} molecules/s")
    graphs = best_rate(len(few), lambda: featurize(few))
    print(f"featurize, one process            {graphs:8,.0f} molecules/s")
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "molecules.smi"
        source.write_text("\n".join(smiles))
        started_at = time.perf_counter()
        build([source], Path(scratch) / "space", chunk_size=10_000, processes=processes)
        rate = len(smiles) / (time.perf_counter() - started_at)
    print(f"space build, {processes} processes          {rate:8,.0f} molecules/s")


def parse(smiles: list[str]) -> None:
    """Do the part of featurizing that is RDKit's alone."""
    with rdBase.BlockLogs():
        for text in smiles:
            Chem.MolFromSmiles(text)


def best_rate(molecules: int, work: Callable[[], object]) -> float:
    """Give molecules per second of processor time, the best of several runs."""
    durations_s = []
    for _ in range(REPEATS):
        started_at = time.process_time()
        work()
        durations_s.append(time.process_time() - started_at)
    return molecules / min(durations_s)


if __name__ == "__main__":
    bench()
