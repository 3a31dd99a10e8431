"""The campaigns of the discovery bench: their settings, and what they found."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from statistics import mean

from discovery_coverage import NO_INTERVALS, Coverage, coverage

from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import leading
from molsteer.steering.records.figures.recall import Recall, recall
from molsteer.steering.records.judging.truth import labelled, true_merits

CHEAP, FULL = "cheap", "full"


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a pool is searched.

    Attributes:
        pool: Table of molecules and values, the table that is replayed.
        column: Heading of the values.
        cheap: Heading of the values of a cheap level, if there is one.
        cheap_cost: What a cheap value costs, in labels.
        promotion: Who climbs from it.
        goal: maximise or minimise.
        start, batch, budget: Molecules at random, between two updates, and in all; numbers, or
            percentages of the pool.
        counts: What the budget counts: successes or attempts.
        acquisition: How candidates are ranked.
        top: How many molecules are the best, or which percentage.
        salts: What becomes of rows of several fragments.
    """

    pool: Path
    column: str
    cheap: str | None
    cheap_cost: float
    goal: str
    start: int | str = 100
    batch: int | str = 25
    budget: int | str = 500
    counts: str = "successes"
    acquisition: str = "ucb"
    top: int | str = "1%"
    salts: str = "leave-out"
    promotion: str = "price"

    @property
    def objective(self) -> dict[str, str]:
        """The property and its unit, as the heading has them."""
        match = re.fullmatch(r"(.+)_(\w*[A-Z]\w*)", self.column)
        name, unit = (match[1], match[2]) if match else (self.column, "")
        name = re.sub(r"\W", "_", name).strip("_").lower()
        return {"property": name if name[:1].isalpha() else f"p_{name}", "unit": unit}

    def settings(self, space: Path, surrogate: str | None, seed: int) -> dict[str, object]:
        """Describe a campaign; without a surrogate all is drawn at random."""
        never = "100%" if isinstance(self.budget, str) else self.budget + 1
        return {
            "campaign": {
                "name": f"{surrogate or 'random'}-{seed}",
                "space": str(space),
                "budget": self.budget,
                "budget_counts": self.counts,
                "seed": seed,
                "truth_top": self.top,
                "salts": self.salts,
            },
            "objective": [{**self.objective, "goal": self.goal}],
            "simulate": {
                "level": "replay",
                "table": str(self.pool),
                "table_column": self.column,
                "slots": 1,
            },
            "policy": {
                "first_training_after": self.start if surrogate else never,
                "retrain_after": self.batch,
                "during_update": "pause",
                "buffer": 0,
                "acquisition": self.acquisition,
                "failure_limit": 1000,
            },
            "train": {"surrogate": surrogate} if surrogate else {},
        }

    def ladder(self, space: Path, surrogate: str, seed: int) -> dict[str, object]:
        """Describe a campaign that climbs from the cheap level to the labels."""
        settings = self.settings(space, surrogate, seed)
        table = {"method": "replay", "table": str(self.pool)}
        start, budget = int(self.start), int(self.budget)
        if self.promotion == "share":
            share, cheap, learned = 0.25, 4 * budget, (round(1.25 * start), 125)
        else:
            share, cheap, learned = 0.2, round(1.5 * budget), (start, 50)
        changes: dict[str, dict[str, object]] = {
            "campaign": {"name": f"ladder-{seed}", "budget": cheap},
            "policy": {
                "first_training_after": learned[0],
                "retrain_after": learned[1],
                "promotion": self.promotion,
            },
        }
        for section, update in changes.items():
            settings[section] = {**settings[section], **update}  # type: ignore[dict-item]
        settings["simulate"] = {"slots": 1}
        settings["level"] = [
            {"name": CHEAP, **table, "table_column": self.cheap, "price_s": self.cheap_cost},
            {"name": FULL, **table, "table_column": self.column, "price_s": 1.0, "share": share},
        ]
        return settings


@dataclass(frozen=True, slots=True)
class Run:
    """What one campaign found.

    Attributes:
        found: How much of the best, label by label.
        coverage: Of the intervals of its models.
        seconds_per_update: From the first training task to the last scored chunk, on average.
        cost_93: Labels until nearly all of the best were found, cheap ones included at their cost.
        dear_93: How many of these are no cheap ones.
        cost, dear: The same in the end.
    """

    found: Recall
    coverage: Coverage = NO_INTERVALS
    seconds_per_update: float | None = None
    cost_93: float | None = None
    dear_93: int | None = None
    cost: float = 0.0
    dear: int = 0


def run(folder: Path, settings: Mapping[str, object], cheap_cost: float = 0.0) -> Run:
    """Run a campaign as a user does, and read what it found."""
    run_dir = folder / str(settings["campaign"]["name"])  # type: ignore[index]
    file = folder / f"{run_dir.name}.json"
    file.write_text(json.dumps(settings))
    command = [sys.executable, "-m", "molsteer.shared.cli", "run", file, "--run-dir", run_dir]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"The campaign {run_dir.name} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    with closing(Ledger(run_dir, read_only=True)) as ledger:
        objective = leading(ledger)
        assert objective is not None
        merits = true_merits(ledger, objective)
        best = top_of(settings["campaign"]["truth_top"], len(merits))  # type: ignore[index]
        found = recall(merits, labelled(ledger, objective), best)
        values = {smiles: objective.merit(merit) for smiles, merit in merits.items()}
        updates = ledger.connection.execute(_UPDATES).fetchall()
        at_top = [level == objective.output.level for level in _levels(ledger)]
    enough = found.labels_to_nearly_all
    costs = list(accumulate(1.0 if dear else cheap_cost for dear in at_top))
    until = None if enough is None else [*accumulate(at_top)].index(enough)
    ended = Run(
        found,
        cost_93=None if until is None else costs[until],
        dear_93=enough,
        cost=costs[-1],
        dear=sum(at_top),
    )
    if updates and "level" not in settings:
        taken = mean(seconds for (seconds,) in updates)
        ended = replace(ended, coverage=coverage(run_dir, values), seconds_per_update=taken)
    shutil.rmtree(run_dir)
    return ended


def top_of(top: int | str, molecules: int) -> int:
    """Tell how many molecules are the best."""
    from molsteer.steering.settings.amounts import Percentage, in_molecules

    return in_molecules(Percentage(top) if isinstance(top, str) else top, molecules)


def ranked_by(pool: Path, cheap: str, column: str, goal: str, top: int) -> Recall:
    """Look molecules up in the order of a cheap level's values."""
    sign = -1.0 if goal == "minimise" else 1.0
    with pool.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row[cheap] and row[column]]
    smiles = next(name for name in rows[0] if "smiles" in name.casefold())
    merits = {row[smiles]: sign * float(row[column]) for row in rows}
    order = sorted(rows, key=lambda row: -sign * float(row[cheap]))
    return recall(merits, [row[smiles] for row in order], top)


_UPDATES = (
    "SELECT max(ended_at) - min(created_at) FROM task WHERE topic IN ('train', 'infer')"
    " AND status = 'ok' GROUP BY json_extract(command, '$.generation')"
)


def _levels(ledger: Ledger) -> list[str]:
    """List the levels of all results in the order of settling."""
    rows = ledger.connection.execute("SELECT level FROM result ORDER BY number")
    return [level for (level,) in rows]
