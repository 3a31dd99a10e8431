"""Whether a campaign takes what was forecast from the ledger of another one.

    python bench/forecast_truth.py [--seeds 5] [--mean-s 1.5]

Real campaigns, with real workers and real models: 120 simulations at two slots among the molecules
of the example. A simulation waits as long as a table says, so that what else the machine does
matters little; its value is a molar refractivity, of which models can learn. The first campaign is
what `molsteer plan --from` is given, the others have other seeds and are what is foretold.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
from rdkit import Chem
from rdkit.Chem import Crippen

from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.report.table import table

MOLECULES = Path(__file__).parent.parent / "examples" / "qm9.smi"
CALL = sys.executable, "-m", "molsteer.shared.cli"

SPENT = (
    "SELECT coalesce(sum(ended_at - started_at), 0) FROM task"
    " WHERE status = 'ok' AND (topic = 'simulate') = ?"
)
FIGURES = {
    "wall_h": "SELECT (max(settled_at) - min(created_at)) / 3600 FROM task",
    "simulate_h": f"SELECT ({SPENT.replace('?', '1')}) / 3600",
    "learn_h": f"SELECT ({SPENT.replace('?', '0')}) / 3600",
    "updates": "SELECT count(DISTINCT json_extract(command, '$.generation')) FROM task"
    " WHERE topic = 'infer' AND status = 'ok'",
    "hits": "SELECT count(*) FROM label WHERE value >= {threshold}",
}


@click.command()
@click.option("--seeds", default=5, show_default=True, help="Campaigns that are foretold.")
@click.option("--mean-s", default=1.5, show_default=True, help="Mean seconds of a simulation.")
def bench(seeds: int, mean_s: float) -> None:
    """Run the campaigns and compare."""
    with TemporaryDirectory() as folder:
        threshold = write_table(Path(folder) / "answers.csv", mean_s)
        runs = [run(Path(folder), seed, threshold) for seed in range(seeds + 1)]
        foretold = plan(Path(folder))
    rows, within = [], {}
    for name in FIGURES:
        mean, interval = foretold[name]["mean"], foretold[name]["within"]
        found = [each[name] for each in runs[1:]]
        within[name] = sum(abs(each - mean) <= interval for each in found)
        off = f"{100 * (mean / max(np.mean(found), 1e-9) - 1):+.0f} %"
        seen = " ".join(f"{each:.3g}" for each in found)
        rows.append((name, f"{mean:.3g} ± {interval:.2g}", seen, off, f"{within[name]} of {seeds}"))
    print(table(("figure", "forecast", "found", "off by", "within"), rows))
    print(json.dumps({"bench": "forecast_truth", "n": seeds, "runs": runs, "plan": foretold}))


def write_table(file: Path, mean_s: float) -> float:
    """Write the answers; gives the value that one molecule in thirty passes."""
    chance = np.random.default_rng(0)
    smiles = [line.split()[0] for line in MOLECULES.read_text().splitlines() if line.strip()]
    values = [Crippen.MolMR(Chem.MolFromSmiles(each)) for each in smiles]
    seconds = mean_s * chance.lognormal(-0.08, 0.4, len(smiles))
    with file.open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(("smiles", "refractivity", "seconds"))
        writer.writerows(zip(smiles, values, seconds, strict=True))
    return float(np.quantile(values, 1 - 1 / 30))


def settings(folder: Path, seed: int, threshold: float) -> Path:
    """Describe a campaign."""
    said = {
        "campaign": {"name": f"seed-{seed}", "space": str(MOLECULES), "budget": 120, "seed": seed},
        "objective": [
            {"property": "refractivity", "unit": "", "goal": "maximise", "hit_above": threshold}
        ],
        "simulate": {
            "level": "replay",
            "table": str(folder / "answers.csv"),
            "speed": 1.0,
            "slots": 2,
        },
        "policy": {"first_training_after": 30, "retrain_after": 10},
        "train": {"surrogate": "gp"},
    }
    file = folder / f"{seed}.json"
    file.write_text(json.dumps(said))
    return file


def run(folder: Path, seed: int, threshold: float) -> Mapping[str, float]:
    """Run a campaign as a user does, and read what it took."""
    run_dir = folder / f"run-{seed}"
    _called("run", settings(folder, seed, threshold), "--run-dir", run_dir)
    with closing(Ledger(run_dir, read_only=True)) as ledger:
        return {
            name: float(ledger.connection.execute(query.format(threshold=threshold)).fetchone()[0])
            for name, query in FIGURES.items()
        }


def plan(folder: Path) -> Mapping[str, Mapping[str, float]]:
    """Foretell from the first campaign."""
    told = _called("plan", folder / "1.json", "--from", folder / "run-0", "--json", "--repeats", 20)
    as_given: Mapping[str, Mapping[str, float]] = json.loads(told)[0]
    return as_given


def _called(*arguments: object) -> str:
    done = subprocess.run(
        [*CALL, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{arguments} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


if __name__ == "__main__":
    bench()
