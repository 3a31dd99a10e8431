"""What simulations are likely to cost is learned from those that there were."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, log
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem
from support.made_ledgers import HIGH_IP, IP, Made, made_ledger
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.inferencer.rules.cost import per_second
from molsteer.shared.errors import SettingsError
from molsteer.shared.wire.learning import Cost, Infer
from molsteer.shared.wire.messages import Result, Task
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.loop.costs import FEWEST, cost_as_of, heavy_atoms
from molsteer.steering.settings.campaign import load_campaign

pytestmark = pytest.mark.fast

SIZES = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20)


def a_ledger(folder: Path, power: float, failed: Sequence[int] = ()) -> Ledger:
    """Make one of chains whose simulations took as long as a power of their atoms says."""
    results = [
        Made(number, "C" * size, "xtb", {IP.name: 12.0}) for number, size in enumerate(SIZES)
    ]
    ledger = made_ledger(folder, HIGH_IP, results)
    with ledger.transaction() as connection:
        for number, size in enumerate(SIZES):
            connection.execute(
                "UPDATE task SET started_at = 10, ended_at = ?, settled_at = ? WHERE task_id = ?",
                (10 + 0.5 * size**power, 100 + number, f"simulate/{number}/xtb/1"),
            )
        for number, size in enumerate(failed, start=50):
            connection.execute(
                "INSERT INTO task (task_id, topic, command, state, status, error, created_at,"
                " settled_at) VALUES (?, 'simulate', ?, 'settled', 'error', ?, 1, 100)",
                (
                    f"simulate/{number}/xtb/1",
                    json.dumps({"molecule": number, "level": "xtb"}),
                    json.dumps({"code": "scf-failed", "facts": {"smiles": "C" * size}}),
                ),
            )
    return ledger


def seconds(cost: Cost, size: int) -> float:
    start, slope = cost.log_seconds
    return exp(start + slope * log(size))


def odds(cost: Cost, size: int) -> float:
    start, slope = cost.log_odds_of_failure
    return exp(start + slope * log(size))


def test_time_grows_with_the_power_of_atoms_that_was_seen(tmp_path: Path) -> None:
    cost = cost_as_of(a_ledger(tmp_path, power=2.5), "xtb", len(SIZES))
    assert cost is not None
    assert seconds(cost, 10) == pytest.approx(0.5 * 10**2.5)
    assert seconds(cost, 30) == pytest.approx(0.5 * 30**2.5)
    assert odds(cost, 10) < 0.1


def test_large_molecules_that_failed_make_large_ones_risky(tmp_path: Path) -> None:
    cost = cost_as_of(a_ledger(tmp_path, 2.0, failed=[18, 20, 22, 25]), "xtb", len(SIZES))
    assert cost is not None
    assert odds(cost, 25) > 0.5 > 5 * odds(cost, 3)


def test_only_what_an_update_has_learned_from_counts(tmp_path: Path) -> None:
    ledger = a_ledger(tmp_path, power=2.0)
    assert cost_as_of(ledger, "xtb", FEWEST - 1) is None, "too few have succeeded"
    assert cost_as_of(ledger, "dear", len(SIZES)) is None


def test_gains_are_divided_by_the_time_that_a_label_takes() -> None:
    cost = Cost(log_seconds=(0.0, 2.0), log_odds_of_failure=(log(0.25), 0.0))
    scores = per_second(np.log([6.0, 6.0]), cost, np.array([2.0, 1.0]))
    np.testing.assert_allclose(np.exp(scores), [6.0 / 4.0 / 1.25, 6.0 / 1.25])


@pytest.mark.parametrize(
    "smiles",
    ["CCO", "ClCCBr", "c1cc[nH]c1", "[Na+].[Cl-]", "C[C@@H](N)C(=O)[O-]", "[2H]C", "O=S(=O)(F)F"],
)
def test_atoms_are_counted_as_chemists_do(smiles: str) -> None:
    assert heavy_atoms(smiles) == Chem.MolFromSmiles(smiles).GetNumHeavyAtoms()


@dataclass
class Watched(ToyCampaign):
    """A campaign of which is kept what its inferencers were asked."""

    asked: list[Infer] = field(default_factory=list)

    def _result(self, task: Task) -> Result:
        if isinstance(task.body, Infer):
            self.asked.append(task.body)
        return super()._result(task)


@pytest.mark.parametrize("cost_aware", [True, False])
def test_all_chunks_of_an_update_are_told_the_same_cost_if_it_counts(
    tmp_path: Path, cost_aware: bool
) -> None:
    space = toy_space(tmp_path)
    policy = {"shortlist": 12, "acquisition": "ei", "cost_aware": cost_aware}
    plan = toy_plan(space, budget=40, during_update="pause")
    toy = Watched(tmp_path / "run", space, plan, aims={"policy": policy})
    toy.folder.mkdir()
    toy.run_to_the_end(toy.steering())
    told = {(body.generation, body.cost) for body in toy.asked}
    assert len(told) == len({body.generation for body in toy.asked}) > 1
    assert any(cost for _, cost in told) == cost_aware


def test_what_gives_no_gain_cannot_be_divided_by_a_time(tmp_path: Path) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text('[campaign]\nspace = "a.smi"\n[policy]\ncost_aware = true\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"'ucb' gives no gain; set acquisition = \"ei\""):
        load_campaign(file, {})
