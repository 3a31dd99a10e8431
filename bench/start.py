"""What it costs to start a command: the help, and the status of a campaign with many labels.

The peer of both is the interpreter that does nothing, below which no command of Python gets.

    python bench/start.py [--n 100000] [--turns 9]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import click
from side_by_side import Comparison, by_turns, conclude

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.made_ledgers import HIGH_IP, Made, made_ledger

MOLSTEER = str(Path(sys.executable).with_name("molsteer"))
NOTHING = (sys.executable, "-c", "pass")


@click.command()
@click.option("--n", default=100_000, show_default=True, help="Labels of the campaign.")
@click.option("--turns", default=9, show_default=True, help="How often each is measured.")
def bench(n: int, turns: int) -> None:
    """Measure seconds of processor from the start of a command to its end."""
    with tempfile.TemporaryDirectory(prefix="molsteer-bench-") as folder:
        write_campaign(Path(folder), n)
        commands = {
            "molsteer --help": ("--help",),
            "molsteer version": ("version",),
            f"molsteer status, {n:,} labels": ("status", folder),
        }
        lines = [
            Comparison(
                *("start", what),
                *by_turns(partial(cost_s, MOLSTEER, *words), partial(cost_s, *NOTHING), turns),
                *("s of processor", n),
            )
            for what, words in commands.items()
        ]
    conclude(*lines)


def write_campaign(folder: Path, labels: int) -> None:
    """Write the ledger of a campaign that has simulated so many molecules."""
    ip = HIGH_IP[0].output.name
    results = (
        # No two have the same value, as in nature; every hundredth was drawn by chance.
        Made(
            number, "C" * (1 + number % 20), "xtb", {ip: 13.0 + number * 0.618 % 2}, *chosen(number)
        )
        for number in range(labels)
    )
    made_ledger(folder, HIGH_IP, list(results), budget=2 * labels).close()
    settings = {"campaign": {"name": "made", "space": "made.smi", "budget": 2 * labels}}
    (folder / "settings.json").write_text(json.dumps(settings))


def chosen(number: int) -> tuple[list[float], bool]:
    """Tell what models expected of a molecule, and whether chance drew it."""
    return [13.5], number % 100 == 0


def cost_s(*command: str) -> float:
    """Give the seconds of processor that a command takes, with all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(done.stderr.decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    bench()
