"""How many more hits steering finds than chance: the same budget spent with and without models.

    python bench/discovery.py [--budget 100] [--seed 0]

Both campaigns run for real on this machine, one after the other, over the 2,000 molecules of
`examples/qm9.smi`, and begin with the same random molecules.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import click

from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.findings import read_findings

ROOT = Path(__file__).parents[1]
HIT_ABOVE_EV = 14.5


def hits(folder: Path, budget: int, seed: int, *, steered: bool) -> int:
    """Run a campaign and count the molecules it found above the limit."""
    run_dir = folder / ("steered" if steered else "random")
    never = str(budget + 1)
    subprocess.run(
        [
            *(sys.executable, "-m", "molsteer.shared.cli", "run"),
            *(ROOT / "examples" / "quickstart.toml", "--run-dir", run_dir),
            *("--budget", str(budget), "--seed", str(seed)),
            *(() if steered else ("--policy-first-training-after", never)),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with closing(Ledger(run_dir, read_only=True)) as ledger:
        found = read_findings(ledger, "bench").found
    return sum(molecule.values[ADIABATIC_IP].value > HIT_ABOVE_EV for molecule in found)


@click.command()
@click.option("--budget", default=100, show_default=True, help="Simulations in each campaign.")
@click.option("--seed", default=0, show_default=True, help="Seed of both campaigns.")
def bench(budget: int, seed: int) -> None:
    """Run both campaigns and print what they found."""
    with tempfile.TemporaryDirectory() as folder:
        steered, random = (
            hits(Path(folder), budget, seed, steered=steered) for steered in (True, False)
        )
    print(f"{budget} simulations, molecules above {HIT_ABOVE_EV} eV:")
    print(f"  steered {steered}, random {random}, ratio {steered / max(random, 1):.1f}")


if __name__ == "__main__":
    bench()
