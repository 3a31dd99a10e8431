"""Ours beside a peer's: the same work by turns in one run, and what is printed and kept of it.

A bench makes a `Comparison` for each line of its table, and ends with `conclude`: the table, the
facts of the machine in `bench/results/NAME.json`, and one JSON object as the last line.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

BENCH = Path(__file__).parent
RESULTS, PEERS = BENCH / "results", BENCH / "peers"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same work, done by us and by a peer, in turns.

    Attributes:
        bench: Name of the bench.
        what: The work, in a few words.
        ours: What was measured of us, one number a turn.
        peer: Likewise of the peer.
        unit: Of both.
        n: Pieces of work in a turn, as molecules or tasks.
        larger_is_better: Whether the numbers are rates; the ratio is ours by the peer's then, and
            the peer's by ours where they are times, so that it says how many times as good we are.
    """

    bench: str
    what: str
    ours: Sequence[float]
    peer: Sequence[float]
    unit: str
    n: int
    larger_is_better: bool = False

    @property
    def ratio(self) -> float:
        """How many times as good ours is, by the medians."""
        return self._ratio(median(self.ours), median(self.peer))

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the largest ratio of a turn."""
        turns = [self._ratio(ours, peer) for ours, peer in zip(self.ours, self.peer, strict=True)]
        return min(turns), max(turns)

    def as_json(self) -> dict[str, object]:
        """Give the object that a bench ends with."""
        return {
            "bench": self.bench,
            "what": self.what,
            "ours": _rounded(median(self.ours)),
            "peer": _rounded(median(self.peer)),
            "ratio": _rounded(self.ratio),
            "unit": self.unit,
            "n": self.n,
            "spread": [_rounded(end) for end in self.spread],
        }

    def _ratio(self, ours: float, peer: float) -> float:
        return ours / peer if self.larger_is_better else peer / ours


def by_turns(
    ours: Callable[[], float], peer: Callable[[], float], turns: int
) -> tuple[list[float], list[float]]:
    """Measure both so often, one after the other, so that a busy machine is busy for both."""
    measured = [(ours(), peer()) for _ in range(turns)]
    return [mine for mine, _ in measured], [theirs for _, theirs in measured]


def conclude(leading: Comparison, *others: Comparison) -> None:
    """Print the table and the last line, and keep both with the facts of this machine."""
    rows = [each.as_json() for each in (leading, *others)]
    width = max(len(each.what) for each in (leading, *others))
    print(f"{'':{width}}  {'ours':>12}  {'peer':>12}  {'ratio':>7}  unit")
    for row in rows:
        numbers = f"{row['ours']:>12}  {row['peer']:>12}  {row['ratio']:>7}"
        print(f"{row['what']!s:{width}}  {numbers}  {row['unit']}")
    kept = {"machine": machine(), "comparisons": rows}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{leading.bench}.json").write_text(json.dumps(kept, indent=2) + "\n")
    print(json.dumps(rows[0]))


def machine() -> dict[str, object]:
    """Say what a measurement depends on; nothing that names the machine."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load": _rounded(os.getloadavg()[0]),
    }


def environment(name: str) -> Path:
    """Give the Python of a peer's own environment, which is made from `peers/NAME.txt` once.

    Raises:
        SystemExit: If it cannot be installed.
    """
    folder = BENCH.parent / "build" / "peers" / name
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        venv.create(folder, with_pip=True, clear=True)
        wanted = PEERS / f"{name}.txt"
        command = [str(python), "-m", "pip", "install", "--quiet", "-r", str(wanted)]
        if subprocess.run(command, check=False).returncode != 0:
            sys.exit(f"The peers in {wanted} cannot be installed; see above.")
        (folder / "installed").touch()
    return python


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def _rounded(number: float) -> float:
    return float(f"{number:.4g}")
