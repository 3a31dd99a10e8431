"""What a dear level costs until all hits are found, by itself and behind a cheap one.

    molsteer simulate molecules.smi -o cheap.csv --spec xtb --property vertical_ionization_potential
    molsteer simulate molecules.smi -o dear.csv --spec qcengine --program nwchem --model hf \\
        --basis 3-21g --keyword scf__uhf=true --property vertical_ionization_potential
    python bench/ladder.py cheap.csv dear.csv [--hit-above 12] [--share 0.4] [--seeds 5]

Everything is computed once for real; campaigns then take their answers from the tables, and are
charged the processor time that each of them took. The single level is searched with a Gaussian
process, from 8 labels at random on; behind the cheap level climb the best of all molecules, at
most so many as `--share` says. Told are hits and seconds of the dear level; the last line is JSON.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import click
import numpy as np

from molsteer.steering.ledger.ledger import Ledger

PROPERTY, COLUMN = "vertical_ionization_potential", "vertical_ionization_potential_eV"
Row = dict[str, str]


def tables(cheap: Path, dear: Path, folder: Path) -> dict[str, float]:
    """Write what both levels gave, of molecules that both computed; the dear level's seconds."""
    found = [_rows(cheap), _rows(dear)]
    both = [smiles for smiles in found[0] if smiles in found[1]]
    for name, rows in zip(("cheap", "dear"), found, strict=True):
        lines = [f"{smiles},{rows[smiles][COLUMN]}" for smiles in both]
        text = "\n".join([f"smiles,{COLUMN}", *lines])
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "molecules.smi").write_text("\n".join(both), encoding="utf-8")
    return {
        found[1][smiles]["canonical_smiles"]: float(found[1][smiles]["cpu_s"]) for smiles in both
    }


def _rows(table: Path) -> dict[str, Row]:
    with table.open(encoding="utf-8") as file:
        return {row["smiles"]: row for row in csv.DictReader(file) if row[COLUMN]}


def settings(count: int, share: float | None, seed: int) -> str:
    """Describe a campaign that takes its answers from the tables; without a share, of one level."""
    level = '[[level]]\nname = "{0}"\nmethod = "replay"\ntable = "{0}.csv"\ntable_column = "%s"\n'
    level %= COLUMN
    cheap = "" if share is None else level.format("cheap")
    dear = level.format("dear") + ("" if share is None else f"share = {share}\n")
    learns = 8 if share is None else count + 1
    return (
        f'[campaign]\nname = "ladder"\nspace = "molecules.smi"\nbudget = {count}\nseed = {seed}\n'
        f'{cheap}{dear}[[objective]]\nproperty = "{PROPERTY}"\nunit = "eV"\n'
        f'[simulate]\nslots = 1\n[train]\nsurrogate = "gp"\n'
        f"[policy]\nfirst_training_after = {learns}"
        '\nretrain_after = 4\nduring_update = "pause"\nbuffer = 0\ncontrol_share = 0\n'
    )


def searched(folder: Path, count: int, share: float | None, seed: int) -> list[tuple[str, float]]:
    """Run a campaign; molecules and values of the dear level in their order."""
    run_dir = folder / f"run-{share}-{seed}"
    file = folder / "campaign.toml"
    file.write_text(settings(count, share, seed), encoding="utf-8")
    command = [sys.executable, "-m", "molsteer.shared.cli", "run", str(file)]
    command += ["--run-dir", str(run_dir)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(ended.stdout + ended.stderr)
    with closing(Ledger(run_dir, read_only=True)) as ledger:
        rows = ledger.connection.execute(
            "SELECT smiles, value FROM label JOIN result USING (number)"
            " WHERE label.level = 'dear' AND property = ? ORDER BY number",
            (PROPERTY,),
        ).fetchall()
    return [(smiles, value) for smiles, value in rows]


def until(found: list[tuple[str, float]], cost_s: dict[str, float], bar: float, hits: int) -> float:
    """Give the seconds until so many hits; all of them if there are never so many."""
    spent, so_far = 0.0, 0
    for smiles, value in found:
        if so_far == hits:
            break
        spent += cost_s[smiles]
        so_far += value > bar
    return spent


@click.command()
@click.argument("cheap", type=click.Path(path_type=Path, exists=True))
@click.argument("dear", type=click.Path(path_type=Path, exists=True))
@click.option("--hit-above", "bar", default=12.0, show_default=True, help="In eV.")
@click.option("--share", default=0.4, show_default=True, help="Of the molecules that climb.")
@click.option("--seeds", default=5, show_default=True, help="Campaigns of each kind.")
def bench(cheap: Path, dear: Path, bar: float, share: float, seeds: int) -> None:
    """Compare what the dear level costs by itself and behind a cheap one."""
    told = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            cost_s = tables(cheap, dear, folder)
            ladder = searched(folder, len(cost_s), share, seed)
            single = searched(folder, len(cost_s), None, seed)
        hits = sum(value > bar for _, value in ladder)
        spent_s = sum(cost_s[smiles] for smiles, _ in ladder)
        alone_s = until(single, cost_s, bar, hits)
        every = sum(value > bar for _, value in single)
        told.append((hits, every, len(ladder), spent_s, alone_s))
        print(
            f"seed {seed}: {hits} of {every} hits with {len(ladder)} dear labels in {spent_s:.0f} "
            f"s; by itself as many take {alone_s:.0f} s",
            flush=True,
        )
    names = ("hits", "of", "dear", "ladder_s", "single_s")
    print(json.dumps(dict(zip(names, np.mean(told, axis=0).round(1).tolist(), strict=True))))


if __name__ == "__main__":
    bench()
