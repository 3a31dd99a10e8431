"""How soon a search finds the best of a pool whose values are known, and whether its doubts hold.

    make bench-discovery [POOL=file.csv] [SEEDS=5] [SURROGATE=gp] [GOAL=minimise] [PROTOCOL=molpal]
        [TOP=0.1%] [LADDER=1] [PROMOTION=share]

Every search is a whole campaign of real services that replays the pool, as `molsteer run` does it:
100 molecules at random, then batches of 25 by UCB with beta 1 until there are 500 labels, with no
simulation while models are updated. `PROTOCOL=molpal` instead: 1 % of the pool at random, then
five batches of 1 % by the mean alone, failures count; the best are 100 molecules, or 500 of a pool
of more than 20,000. Beside it run the same with nothing but chance, and with extremely randomised
trees on descriptors; where the pool has the values of a cheaper level (CHEAP=column), it is also
ranked by these alone, and LADDER=1 climbs from them: 100 molecules at random at the cheap level,
then updates after 50 labels of whatever level, until there are 1.5 times as many cheap labels as
the others have labels and a fifth as many dear ones. A cheap label costs what the processor times
of the pool say, if it has some.

The last line is one JSON object, of averages over the seeds:

- `found_200`, `found_300`: share of the best 1 % among the first so many labels; `found`: in the
  end.
- `found_by_seed`: the same for each seed.
- `n93`: labels until 93 % of them are found; null unless each seed got there; `n93_by_seed`.
- `ladder_cost_93`: the same up the ladder, cheap values included at their cost; null without.
- `ladder_dear_93`: how many of these labels are of the dear level.
- `ladder_found`, `ladder_dear`, `ladder_cost`: what was found in the end, by how many labels of the
  dear level, and what all labels cost.
- `coverage_chosen`, `coverage_rest`: how often a value lies within the 90 % interval of its
  prediction, from the third update on, for molecules that models chose and for all others that had
  no label.
- `seconds_per_update`: from the first training task to the last scored chunk.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import mean

import click
from discovery_campaigns import Protocol, Run, ranked_by, run, top_of
from discovery_coverage import NO_INTERVALS

from molsteer.shared.host.cores import usable_cores
from molsteer.steering.records.figures.recall import Recall
from molsteer.steering.space.files.opening import opened

ROOT = Path(__file__).parents[1]
POOL = ROOT / "tests" / "data" / "qm9_gfn2_ip.csv"
NO_VALUES = ("smiles", "seconds", "name", "id")
CPU_S = "cpu_s"
CHEAP_OF_POOL, USUAL_COST = "vertical_eV", 0.04
BASELINES = {"random": None, "extratrees_descriptors": "trees"}
LARGE_POOL = 20_000

Figures = dict[str, object]


def unpacked(pool: Path, folder: Path) -> tuple[Path, Sequence[str], int]:
    """Write a pool as a plain table, and give it with its headings and its length."""
    with opened(pool) as text:
        lines = [line for line in text.lines if line.strip()]
    plain = folder / "pool.csv"
    plain.write_text("".join(lines), encoding="utf-8")
    return plain, next(csv.reader(lines)), len(lines) - 1


def measured_cost(pool: Path, cheap: str | None) -> float | None:
    """Give what a value of a cheap column costs, in labels, if a plain table has both times."""
    with pool.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    its_own = f"{(cheap or '').rpartition('_')[0] or cheap}_{CPU_S}"
    if not {CPU_S, its_own} <= rows[0].keys():
        return None
    cheap_s, dear_s = (sum(float(row[name] or 0) for row in rows) for name in (its_own, CPU_S))
    return cheap_s / dear_s


def ladder_figures(runs: Sequence[Run]) -> Figures:
    """Average what campaigns that climb have found."""
    told = {
        "ladder_cost_93": [each.cost_93 for each in runs],
        "ladder_dear_93": [each.dear_93 for each in runs],
        "ladder_cost": [each.cost for each in runs],
        "ladder_dear": [each.dear for each in runs],
        "ladder_found": [each.found.share for each in runs],
    }
    return {name: _mean_of_all(values) for name, values in told.items()}


def _mean_of_all(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(mean(known), 3) if known and len(known) == len(values) else None


def built(pool: Path, folder: Path, protocol: Protocol, *options: str) -> Path:
    """Build the space that all campaigns search."""
    space = folder / "space"
    command = [sys.executable, "-m", "molsteer.shared.cli", "space", "build", pool, "-o", space]
    command += ["--level", "replay", "--salts", protocol.salts, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return space


def figures(runs: Sequence[Run]) -> Figures:
    """Average what campaigns that differ in their seed have found."""
    taken = [each.seconds_per_update for each in runs if each.seconds_per_update is not None]
    covered = sum((each.coverage for each in runs), NO_INTERVALS)
    return {
        **found_figures([each.found for each in runs]),
        "coverage_chosen": _share(covered.chosen),
        "coverage_rest": _share(covered.rest),
        "seconds_per_update": round(mean(taken), 2) if taken else None,
    }


def found_figures(found: Sequence[Recall]) -> Figures:
    """Average how much of the best was found."""
    n93 = [each.labels_to_nearly_all for each in found]
    reached = [labels for labels in n93 if labels is not None]
    return {
        "found_200": _after(found, 200),
        "found_300": _after(found, 300),
        "found": round(mean(each.share for each in found), 4),
        "found_by_seed": [round(each.share, 4) for each in found],
        "n93": round(mean(reached), 1) if len(reached) == len(n93) else None,
        "n93_by_seed": n93,
    }


def _after(found: Sequence[Recall], labels: int) -> float | None:
    if min(len(each.after) for each in found) < labels:
        return None
    return round(mean(each.after[labels - 1] / each.top for each in found), 4)


def _share(counted: tuple[int, int]) -> float | None:
    return round(counted[0] / counted[1], 4) if counted[1] else None


def table(all_figures: Mapping[str, Figures | None]) -> Iterator[str]:
    """Write the figures as a table."""
    names = ("found_200", "found_300", "found", "n93", "coverage_chosen", "coverage_rest")
    names += ("seconds_per_update",)
    yield "  ".join([f"{'':24}", *names])
    for search, known in all_figures.items():
        cells = ("-" if (known or {}).get(name) is None else str(known[name]) for name in names)
        yield "  ".join(
            [
                f"{search:24}",
                *(f"{cell:>{len(name)}}" for cell, name in zip(cells, names, strict=True)),
            ]
        )


@click.command()
@click.option("--pool", type=click.Path(path_type=Path, exists=True), default=POOL)
@click.option("--seeds", default=5, show_default=True, help="Campaigns of each kind.")
@click.option("--surrogate", default="gp", show_default=True, help="gp, graphs, trees or auto.")
@click.option("--goal", type=click.Choice(["maximise", "minimise", "maximize", "minimize"]))
@click.option("--protocol", type=click.Choice(["batches", "molpal"]), default="batches")
@click.option("--start", type=int, help="Molecules at random, before there is a model.")
@click.option("--labels", type=int, help="Labels after which a campaign ends.")
@click.option("--top", help="How many are the best, or which percentage; 1% if not given.")
@click.option("--column", help="Column of the values; the first that may be one if not given.")
@click.option("--cheap", help="Column of the values of a cheap level.")
@click.option(
    "--cheap-cost", type=float, help=f"What one costs, in labels; as measured, or {USUAL_COST}."
)
@click.option("--ladder", is_flag=True, help="Climb from the cheap level as well.")
@click.option("--promotion", type=click.Choice(["price", "share"]), default="price")
@click.option("--baselines/--no-baselines", default=True, show_default=True)
@click.option("--jobs", default=usable_cores(), help="Campaigns side by side.")
def bench(
    pool: Path,
    seeds: int,
    surrogate: str,
    goal: str | None,
    protocol: str,
    start: int | None,
    labels: int | None,
    top: str | None,
    column: str | None,
    cheap: str | None,
    cheap_cost: float | None,
    ladder: bool,
    promotion: str,
    baselines: bool,
    jobs: int,
) -> None:
    """Run all campaigns, and print what they found."""
    with tempfile.TemporaryDirectory(prefix="molsteer-bench-") as name:
        folder = Path(name)
        plain, headings, rows = unpacked(pool, folder)
        values = [each for each in headings if each.casefold() not in NO_VALUES]
        values = [each for each in values if not each.casefold().endswith(CPU_S)]
        if cheap is None and pool == POOL:
            cheap = CHEAP_OF_POOL
        if column is None and not values:
            raise click.UsageError(f"{pool} has no column of values: {', '.join(headings)}.")
        told = Protocol(
            pool=plain,
            column=column or values[0],
            cheap=cheap,
            cheap_cost=cheap_cost or measured_cost(plain, cheap) or USUAL_COST,
            promotion=promotion,
            goal=(goal or "maximise").replace("ize", "ise"),
        )
        if protocol == "molpal":
            told = replace(told, start="1%", batch="1%", budget="6%", counts="attempts")
            best = 500 if rows > LARGE_POOL else 100
            told = replace(told, acquisition="greedy", top=best, salts="largest-fragment")
        if top is not None:
            told = replace(told, top=int(top) if top.isdecimal() else top)
        told = replace(told, start=start or told.start, budget=labels or told.budget)
        if ladder and (cheap is None or protocol == "molpal"):
            raise click.UsageError("A ladder needs --cheap COLUMN, and batches of numbers.")
        click.echo(f"{rows:,} rows of {pool.name}, {told.column}, {told.goal}.")
        _all(folder, told, rows, surrogate, seeds, ladder=ladder, others=baselines, jobs=jobs)


def _all(
    folder: Path,
    protocol: Protocol,
    rows: int,
    surrogate: str,
    seeds: int,
    *,
    ladder: bool,
    others: bool,
    jobs: int,
) -> None:
    space = built(protocol.pool, folder, protocol, "--features")
    kinds: dict[str, str | None] = {surrogate: surrogate, **(BASELINES if others else {})}
    with ThreadPoolExecutor(jobs) as pool:
        running = {
            kind: [
                pool.submit(run, folder, protocol.settings(space, learner, seed))
                for seed in range(seeds)
            ]
            for kind, learner in kinds.items()
        }
        climb = partial(protocol.ladder, space, surrogate)
        climbing = [
            pool.submit(run, folder, climb(seed), protocol.cheap_cost)
            for seed in range(seeds if ladder else 0)
        ]
        found: dict[str, Figures | None] = {
            kind: figures([each.result() for each in campaigns])
            for kind, campaigns in running.items()
        }
        climbed = ladder_figures([each.result() for each in climbing])
    found["rank_by_cheap_level"] = None
    if protocol.cheap is not None:
        best = top_of(protocol.top, rows)
        ranked = ranked_by(protocol.pool, protocol.cheap, protocol.column, protocol.goal, best)
        found["rank_by_cheap_level"] = found_figures([ranked])
    click.echo("\n".join(table(found)))
    ours = found.pop(surrogate) or {}
    cost = {"cheap_cost": round(protocol.cheap_cost, 4)} if protocol.cheap else {}
    answer = {"surrogate": surrogate, "seeds": seeds, **ours, **cost, **climbed, **found}
    click.echo(json.dumps(answer))


if __name__ == "__main__":
    bench()
