"""Run directories of campaigns that a test has thought out, with all that reports read of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from support.made_ledgers import FEW_HYDROGENS, GAP_OF_3_AND_SOLUBLE, HIGH_IP, Made, made_ledger

from molsteer.shared.wire.properties import Objective
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.plan import Rung
from molsteer.steering.run_directory import describe
from molsteer.steering.settings.campaign import CampaignSettings

RANDOM = (
    Made(0, "CCO", "xtb", {HIGH_IP[0].output.name: 14.2}),
    Made(1, "CC", "xtb", {HIGH_IP[0].output.name: 14.6}),
    Made(2, "CCC", "xtb", {HIGH_IP[0].output.name: 13.9}),
)
CHOSEN = (
    Made(3, "FC(F)F", "xtb", {HIGH_IP[0].output.name: 15.25}, (15.0,)),
    Made(4, "N#N", "xtb", {HIGH_IP[0].output.name: 16.1}, (14.9,)),
)


def made_campaign(
    folder: Path,
    objectives: Sequence[Objective] = HIGH_IP,
    results: Sequence[Made] = (*RANDOM, *CHOSEN),
    *,
    seed: int = 7,
    budget: int = 10,
    **ledger: object,
) -> Ledger:
    """Make the run directory of a campaign that has these results, and open its ledger."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = CampaignSettings.model_validate(
        {
            "campaign": {
                **{"name": "made", "space": ["molecules.smi"]},
                **{"seed": seed, "budget": budget},
            }
        }
    )
    describe(folder, settings)
    return made_ledger(folder, objectives, results, budget=budget, **ledger)  # type: ignore[arg-type]


def on_two_levels(folder: Path) -> Ledger:
    """Make one with two objectives at two levels."""
    results = [
        Made(0, "CCO", "quick", {"solvation_energy": -3.0}),
        Made(1, "CC", "quick", {"solvation_energy": 1.0}),
        Made(0, "CCO", "good", {"homo_lumo_gap": 3.2}),
        Made(2, "CCCl", "quick", {"solvation_energy": -1.0}, (3.1, -1.5)),
        Made(2, "CCCl", "good", {"homo_lumo_gap": 2.9}, (3.1, -1.5)),
    ]
    return made_campaign(folder, GAP_OF_3_AND_SOLUBLE, results, rungs=(Rung("good", 0.5),))


def without_threshold(folder: Path) -> Ledger:
    """Make one whose objective speaks of no hits."""
    results = [Made(n, "C" * (n + 1), "counted", {"hydrogens": 2.0 * n + 4}) for n in range(4)]
    return made_campaign(folder, FEW_HYDROGENS, results)


def with_failures_only(folder: Path, message: str = "The bond broke.") -> Ledger:
    """Make one in which nothing succeeded."""
    ledger = made_campaign(folder, results=())
    error = {"code": "dissociated", "message": message, "retryable": False, "facts": {}}
    with ledger.transaction() as connection:
        connection.executemany(
            "INSERT INTO task (task_id, topic, command, state, status, error, created_at,"
            " dispatched_at, started_at, ended_at, reported_at, settled_at, starts, worker,"
            " publishes, cpu_s) VALUES (?, 'simulate', ?, 'settled', 'error', ?,"
            " 1, 2, 3, 4, 5, 6, 1, 'made:1', 1, 0.5)",
            [
                (
                    f"simulate/{n}/xtb/1",
                    json.dumps({"molecule": n, "level": "xtb"}),
                    json.dumps(error),
                )
                for n in range(3)
            ],
        )
    return ledger
