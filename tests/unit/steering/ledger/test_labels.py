"""What a ledger knows of molecules: properties at levels, each in its unit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from molsteer.shared.wire.blob import Inline
from molsteer.shared.wire.messages import Simulated
from molsteer.shared.wire.properties import Output, Quantity
from molsteer.steering.errors import UnknownLedger
from molsteer.steering.ledger import chosen, known_labels, results, tasks
from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.reference import COMPARED, reference
from molsteer.steering.policy.commands import DispatchSimulation

pytestmark = pytest.mark.fast

GAP = Output(name="gap", level="quick", unit="eV")
DEAR_GAP = Output(name="gap", level="dear", unit="eV")
ATOMS = Output(name="atoms", level="quick")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path, create=True)) as ledger:
        yield ledger


def add(ledger: Ledger, molecule: int, level: str, **values: float) -> None:
    """Order a simulation, and add its result."""
    command = DispatchSimulation(molecule, level)
    simulated = Simulated(
        smiles="C" * (molecule + 1),
        values={
            name: Quantity(value=value, unit="eV" if name == "gap" else "")
            for name, value in values.items()
        },
        engine="none",
        records=Inline(codec="raw", data=b""),
    )
    with ledger.transaction():
        tasks.order(ledger, command, 1.0)
        results.add_result(ledger, command.task_id, molecule, level, simulated, "record")
        ledger.connection.execute(
            "UPDATE task SET state = 'settled', status = 'ok' WHERE task_id = ?",
            (command.task_id,),
        )


def fail(ledger: Ledger, molecule: int, level: str) -> None:
    """Order a simulation that fails."""
    command = DispatchSimulation(molecule, level)
    with ledger.transaction():
        tasks.order(ledger, command, 1.0)
        ledger.connection.execute(
            "UPDATE task SET state = 'settled', status = 'error' WHERE task_id = ?",
            (command.task_id,),
        )


def test_a_molecule_comes_once_with_all_that_the_first_results_tell_of_it(ledger: Ledger) -> None:
    add(ledger, 7, "quick", gap=1.0, atoms=8.0)
    add(ledger, 3, "quick", gap=2.0)
    add(ledger, 7, "dear", gap=1.5)
    add(ledger, 3, "dear", gap=2.5)
    molecules, values = results.first_labels(ledger, 3, [DEAR_GAP, GAP, ATOMS])
    assert molecules.tolist() == [7, 3]
    np.testing.assert_array_equal(values, [[1.5, np.nan], [1.0, 2.0], [8.0, np.nan]])


def test_without_results_there_are_no_labels(ledger: Ledger) -> None:
    molecules, values = results.first_labels(ledger, 0, [GAP, ATOMS])
    assert (molecules.shape, values.shape) == ((0,), (2, 0))


def test_each_property_of_a_level_has_its_unit(ledger: Ledger) -> None:
    assert results.units(ledger, "quick") == {}
    add(ledger, 0, "quick", gap=1.0, atoms=1.0)
    add(ledger, 1, "quick", gap=1.0, rings=0.0)
    add(ledger, 1, "dear", mass=1.0)
    assert results.units(ledger, "quick") == {"gap": "eV", "atoms": "", "rings": ""}


def test_scales_are_the_spread_of_known_labels_and_first_results(ledger: Ledger) -> None:
    known = [KnownLabel("N", 4.0, "quick", "gap", "eV"), KnownLabel("O", 9.0, "dear", "gap", "eV")]
    with ledger.transaction():
        known_labels.replace_all(ledger, known, [None, 5])
    for molecule, gap in enumerate((1.0, 2.0, 300.0)):
        add(ledger, molecule, "quick", gap=gap, atoms=6.0)
    assert results.scales(ledger, [GAP, DEAR_GAP, ATOMS], 2) == (
        pytest.approx(np.std([4.0, 1.0, 2.0])),
        1.0,  # there is one
        1.0,  # all are the same
    )


def test_known_labels_are_given_where_their_property_and_level_are_wanted(ledger: Ledger) -> None:
    known = [
        KnownLabel("N", 4.0, "quick", "gap", "eV"),
        KnownLabel("O", 9.0, "dear", "gap", "eV"),
        KnownLabel("C", 1.0, "elsewhere", "gap", "eV"),
    ]
    with ledger.transaction():
        known_labels.replace_all(ledger, known, [None, 5, 6])
    smiles, values = known_labels.labelled(ledger, [GAP, DEAR_GAP])
    assert smiles == ["N", "O", "C"]
    np.testing.assert_array_equal(values, [[4.0, np.nan, np.nan], [np.nan, 9.0, np.nan]])
    assert known_labels.molecules(ledger) == [5, 6]


def test_later_results_do_not_change_what_all_are_compared_with(ledger: Ledger) -> None:
    for molecule in range(COMPARED):
        add(ledger, molecule, "quick", gap=float(molecule % 2))
        if molecule % 3 == 0:
            add(ledger, molecule, "dear", gap=100.0)
    before = reference(ledger, "quick", {"gap", "atoms"})
    assert before == {"gap": (0.5, 0.5)}
    add(ledger, COMPARED, "quick", gap=1e6)
    assert reference(ledger, "quick", {"gap"}) == before


def test_a_molecule_that_climbs_cannot_be_chosen_again_and_counts_once(ledger: Ledger) -> None:
    add(ledger, 0, "quick", gap=1.0)
    add(ledger, 0, "dear", gap=1.0)
    fail(ledger, 1, "quick")
    add(ledger, 2, "quick", gap=1.0)
    fail(ledger, 2, "dear")
    add(ledger, 30, "quick", gap=1.0)
    assert chosen.count(ledger, range(10), "quick") == 3


def test_a_molecule_that_climbs_was_chosen_by_what_was_predicted_before(ledger: Ledger) -> None:
    def predict(generation: int, mean: float) -> None:
        numbers = np.array([[mean]])
        with ledger.transaction():
            results.add_predictions(ledger, generation, np.array([4]), numbers, numbers, numbers[0])

    add(ledger, 3, "quick", gap=1.0)
    predict(1, 5.0)
    add(ledger, 4, "quick", gap=1.0)
    predict(2, 6.0)
    add(ledger, 4, "dear", gap=1.0)
    add(ledger, 3, "dear", gap=1.0)
    rows = ledger.connection.execute("SELECT molecule, level, generation FROM result")
    assert {tuple(row) for row in rows} == {
        (3, "quick", 0),
        (4, "quick", 1),
        (4, "dear", 1),
        (3, "dear", 0),
    }
    assert [tuple(row) for row in ledger.connection.execute("SELECT * FROM choice")] == [
        (4, 0, 1, "[5.0]", "[5.0]", 5.0)
    ]


def test_a_ledger_of_one_label_for_each_molecule_is_refused(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path, create=True)) as ledger:
        ledger.connection.execute("PRAGMA user_version = 4")
    with pytest.raises(UnknownLedger, match="has version 4, this molsteer reads version 7"):
        Ledger(tmp_path)
