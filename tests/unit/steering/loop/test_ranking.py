"""An update ranks by the best surrogate, and widens spreads that turned out too narrow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from molsteer.shared.wire.blob import Inline
from molsteer.shared.wire.learning import Calibration, Trained, TrainedMember
from molsteer.shared.wire.messages import Simulated
from molsteer.shared.wire.properties import Output, Quantity
from molsteer.shared.wire.specs import Surrogate
from molsteer.steering.ledger import results, tasks
from molsteer.steering.ledger.learning import rankings
from molsteer.steering.ledger.learning.rankings import Misses
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.loop.ranking import best_of, ranking_of, widening
from molsteer.steering.policy.commands import DispatchSimulation, DispatchTraining

pytestmark = pytest.mark.fast

GAP = Output(name="gap", level="xtb", unit="eV")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path, create=True)) as ledger:
        yield ledger


def train(
    ledger: Ledger, group: int, kind: Surrogate, error: float | None, floor: float | None = None
) -> None:
    command = DispatchTraining(1, group, (group,), labels=0, warm=False, surrogate=kind)
    trained = Trained(
        generation=1,
        members=(TrainedMember(member=group, epochs=1, validation_mae=(error,), stopped="epochs"),),
        validation_mae=(error,),
        calibration=() if floor is None else (Calibration(floor=floor),),
        device="cpu",
        weights=Inline(codec="safetensors", data=b""),
    )
    with ledger.transaction():
        tasks.order(ledger, command, 1.0)
        results.add_model(ledger, command, trained, Path(f"models/{group}"), "00")


def choose(ledger: Ledger, molecule: int, value: float, mean: float, spread: float) -> None:
    """Note a molecule that models chose, and what became of it."""
    command = DispatchSimulation(molecule, "xtb")
    simulated = Simulated(
        smiles="C",
        values={"gap": Quantity(value=value, unit="eV")},
        engine="none",
        records=Inline(codec="raw", data=b""),
    )
    with ledger.transaction() as connection:
        tasks.order(ledger, command, 1.0)
        connection.execute(
            "INSERT OR REPLACE INTO choice (molecule, generation, means, spreads, score, by_chance)"
            " VALUES (?, 1, ?, ?, 0, 0)",
            (molecule, json.dumps([mean]), json.dumps([spread])),
        )
        results.add_result(ledger, command.task_id, molecule, "xtb", simulated, "record")


@pytest.mark.parametrize(
    ("errors", "ranks"),
    [
        ({"graphs": [0.3], "gp": [0.2], "trees": [0.4]}, ("gp",)),
        ({"graphs": [0.21], "gp": [0.2], "trees": [0.4]}, ("graphs", "gp")),
        ({"graphs": [None], "gp": [0.2]}, ("gp",)),
        ({"graphs": [None], "gp": [None]}, ("graphs", "gp")),
    ],
)
def test_the_best_on_held_out_labels_ranks_with_those_about_as_good(
    errors: Mapping[Surrogate, Sequence[float | None]], ranks: Sequence[Surrogate]
) -> None:
    assert best_of({kind: tuple(found) for kind, found in errors.items()}, [1.0]) == ranks


def test_errors_of_several_outputs_count_in_the_spreads_of_their_labels() -> None:
    errors: dict[Surrogate, tuple[float | None, ...]] = {"gp": (1.0, 0.1), "trees": (1.1, 0.01)}
    assert best_of(errors, [100.0, 0.1]) == ("trees",)


def test_what_an_update_ranks_by_stays_whatever_comes_later(ledger: Ledger) -> None:
    train(ledger, 0, "graphs", 0.3, floor=0.2)
    train(ledger, 1, "graphs", 0.5, floor=0.4)
    train(ledger, 2, "gp", 0.1, floor=0.05)
    first = ranking_of(ledger, 1, [GAP])
    assert first.surrogates == ("gp",)
    assert first.errors == {"graphs": (0.4,), "gp": (0.1,)}
    assert first.calibration == {"gp": (Calibration(floor=0.05),)}
    for molecule in range(50):
        choose(ledger, molecule, value=1.0, mean=0.0, spread=0.1)
    assert ranking_of(ledger, 1, [GAP]) == first


def test_models_that_were_given_rank_as_they_are(ledger: Ledger) -> None:
    ranking = ranking_of(ledger, 1, [GAP])
    assert ranking.surrogates == ("graphs",)
    assert ranking.calibration == {}
    assert ranking.widening == (1.0,)


@pytest.mark.parametrize("true_spread", [1.0, 2.0])
def test_spreads_come_to_hold_nine_of_ten_values(ledger: Ledger, true_spread: float) -> None:
    chance = np.random.default_rng(0)
    for molecule in range(100):
        choose(ledger, molecule, float(chance.normal(0.0, true_spread)), mean=0.0, spread=1.0)
    found = widening(rankings.misses(ledger, [GAP], 0, limit=100))
    within = np.abs(chance.normal(0.0, true_spread, 10_000)) <= 1.645 * found
    assert 0.82 <= within.mean() <= 0.97


def test_what_is_known_of_the_chosen_makes_nobody_surer_of_the_others(ledger: Ledger) -> None:
    for molecule in range(100):
        choose(ledger, molecule, value=0.1, mean=0.0, spread=1.0)
    assert widening(rankings.misses(ledger, [GAP], 0, limit=100)) == 1.0


def test_what_early_models_missed_is_forgotten_once_later_ones_were_right(ledger: Ledger) -> None:
    train(ledger, 0, "gp", 0.3)
    chance = np.random.default_rng(0)
    for molecule in range(100):
        true_spread = 3.0 if molecule < 50 else 0.8
        choose(ledger, molecule, float(chance.normal(0.0, true_spread)), mean=0.0, spread=1.0)
    assert ranking_of(ledger, 1, [GAP]).widening == (1.0,)


def test_a_spread_that_was_widened_already_is_not_widened_twice(ledger: Ledger) -> None:
    train(ledger, 0, "graphs", 0.3)
    first = ranking_of(ledger, 1, [GAP]).model_copy(update={"widening": (2.0,)})
    with ledger.transaction() as connection:
        connection.execute("DELETE FROM ranking")
        rankings.keep(ledger, 1, first)
    chance = np.random.default_rng(0)
    for molecule in range(100):
        choose(ledger, molecule, float(chance.normal(0.0, 2.0)), mean=0.0, spread=2.0)
    assert widening(rankings.misses(ledger, [GAP], 0, limit=100)) == pytest.approx(2.0, rel=0.2)


@given(
    st.lists(
        st.tuples(st.floats(-1e6, 1e6), st.floats(0.0, 1e3), st.floats(0.5, 3.0)),
        max_size=60,
    )
)
def test_the_factor_stays_within_bounds_whatever_was_found(
    found: list[tuple[float, float, float]],
) -> None:
    miss, spread, before = np.array(found, dtype=np.float64).reshape(-1, 3).T
    factor = widening(Misses(miss, miss, spread, before, before))
    assert 1.0 <= factor <= 3.0
    if not found:
        assert factor == 1.0
