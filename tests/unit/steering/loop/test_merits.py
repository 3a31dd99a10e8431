"""How good molecules are stays comparable, whatever the units of what is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from molsteer.shared.wire.blob import Inline
from molsteer.shared.wire.messages import Simulated
from molsteer.shared.wire.properties import Aim, Indicator, Limit, Objective, Output, Quantity
from molsteer.steering.ledger import results, tasks
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.reference import COMPARED
from molsteer.steering.loop.merits import (
    MOST,
    aims_as_of,
    breaks,
    front_as_of,
    limits_as_of,
    merit_of,
    worst_as_of,
)
from molsteer.steering.policy.commands import DispatchSimulation

pytestmark = pytest.mark.fast

GAP = Objective(output=Output(name="gap", level="dear", unit="eV"), goal="maximise")
MASS = Objective(output=Output(name="mass", level="quick", unit="u"), goal="minimise")
WIDE = Objective(output=Output(name="gap", level="quick", unit="eV"), goal="maximise")
CHARGE = Objective(output=Output(name="charge", level="quick"), goal="reach", target=1.0)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path, create=True)) as ledger:
        yield ledger


def added(ledger: Ledger, molecule: int, gap: float, mass: float) -> float | None:
    """Add a result of the level `quick`, and give its merit."""
    command, values = DispatchSimulation(molecule, "quick"), {"gap": gap, "mass": mass}
    simulated = Simulated(
        smiles="C",
        values={name: Quantity(value=value) for name, value in values.items()},
        engine="none",
        records=Inline(codec="raw", data=b""),
    )
    with ledger.transaction():
        tasks.order(ledger, command, 1.0)
        results.add_result(ledger, command.task_id, molecule, "quick", simulated, "record")
        return merit_of(ledger, [GAP, MASS], "quick", values)


def test_one_objective_is_told_in_its_unit_at_whatever_level(ledger: Ledger) -> None:
    assert merit_of(ledger, [GAP, MASS], "quick", {"gap": 3.5}) == 3.5
    assert merit_of(ledger, [MASS], "quick", {"mass": 20.0, "gap": 3.5}) == -20.0
    assert merit_of(ledger, [CHARGE], "quick", {"charge": 3.0}) == -2.0
    assert merit_of(ledger, [GAP], "quick", {"mass": 20.0}) is None


def test_what_tells_about_a_property_stands_for_it_at_its_level(ledger: Ledger) -> None:
    orbital = Output(name="orbital", level="quick", unit="eV")
    falls = [Indicator(output=orbital, of="gap", falls=True)]
    assert merit_of(ledger, [GAP], "quick", {"orbital": -9.0}, falls) == 9.0
    assert merit_of(ledger, [GAP], "dear", {"gap": 5.0}, falls) == 5.0
    for molecule in range(COMPARED):
        added(ledger, molecule, gap=5.0 + molecule % 2, mass=1000.0 * (molecule % 2))
    stands = [Indicator(output=Output(name="gap", level="quick"), of="potential")]
    potential = Objective(output=Output(name="potential", level="dear"), goal="minimise")
    values = {"gap": 6.0, "mass": 500.0}
    assert merit_of(ledger, [potential, MASS], "quick", values, stands) == pytest.approx(-1.0)


def test_several_count_alike_whatever_their_units(ledger: Ledger) -> None:
    for molecule in range(COMPARED):
        added(ledger, molecule, gap=5.0 + molecule % 2, mass=1000.0 * (molecule % 2))
    usual = added(ledger, 100, gap=5.5, mass=500.0)
    assert usual == pytest.approx(0.0)
    assert added(ledger, 101, gap=6.0, mass=500.0) == pytest.approx(1.0)
    assert added(ledger, 102, gap=5.5, mass=0.0) == pytest.approx(1.0)
    assert added(ledger, 103, gap=6.0, mass=0.0) == pytest.approx(2.0)
    for molecule in range(200, 230):  # the search has found what is far better
        added(ledger, molecule, gap=50.0, mass=0.0)
    assert added(ledger, 104, gap=6.0, mass=0.0) == pytest.approx(2.0)


def test_scores_of_one_objective_keep_its_unit_and_several_are_scaled(ledger: Ledger) -> None:
    for molecule in range(4):
        added(ledger, molecule, gap=5.0, mass=1000.0 * (molecule % 2))
    (aim,) = aims_as_of(ledger, [MASS], 4)
    assert (aim.objective, aim.scale) == (MASS, 1.0)
    gap, mass = aims_as_of(ledger, [GAP, MASS], 4)
    assert (gap.scale, mass.scale) == (1.0, 500.0)


def aims_of_one_level(ledger: Ledger, count: int) -> tuple[Aim, ...]:
    return aims_as_of(ledger, [WIDE, MASS], count)


def test_there_is_nothing_to_improve_on_before_the_first_label(ledger: Ledger) -> None:
    assert front_as_of(ledger, aims_of_one_level(ledger, 0), 0) == ()
    assert front_as_of(ledger, aims_as_of(ledger, [MASS], 0), 0) == ()


def test_what_there_is_to_improve_on_is_the_best_label_of_a_single_aim(ledger: Ledger) -> None:
    for molecule, mass in enumerate((300.0, 100.0, 200.0, 50.0)):
        added(ledger, molecule, gap=5.0, mass=mass)
    (aim,) = aims_as_of(ledger, [MASS], 3)
    assert front_as_of(ledger, (aim,), 3) == ((-100.0,),), "the fourth was not learned from"


def test_what_there_is_to_improve_on_is_the_front_of_several_in_their_scales(
    ledger: Ledger,
) -> None:
    pairs = [(5.0, 100.0), (7.0, 300.0), (4.0, 200.0), (6.0, 100.0)]
    for molecule, (wide, mass) in enumerate(pairs):
        added(ledger, molecule, gap=wide, mass=mass)
    aims = aims_of_one_level(ledger, 4)
    scaled = [(7.0 / aims[0].scale, -300.0 / aims[1].scale)]
    scaled += [(6.0 / aims[0].scale, -100.0 / aims[1].scale)]
    assert front_as_of(ledger, aims, 4) == tuple(sorted(scaled, key=sum, reverse=True))


def test_a_large_front_is_cut_to_its_best_sums(ledger: Ledger) -> None:
    count = MOST + 20
    for molecule in range(count):
        added(ledger, molecule, gap=float(molecule**2), mass=float(molecule))
    front = front_as_of(ledger, aims_of_one_level(ledger, count), count)
    assert len(front) == MOST
    assert list(front) == sorted(front, key=sum, reverse=True)


LIGHT = Limit(output=MASS.output, below=50.0)


def test_what_breaks_a_limit_is_on_no_front_and_still_the_worst(ledger: Ledger) -> None:
    for molecule, (gap, mass) in enumerate([(9.0, 80.0), (6.0, 40.0), (1.0, 20.0)]):
        added(ledger, molecule, gap=gap, mass=mass)
    aims = (Aim(objective=WIDE),)
    assert front_as_of(ledger, aims, 3) == ((9.0,),)
    assert front_as_of(ledger, aims, 3, limits=[LIGHT]) == ((6.0,),)
    assert worst_as_of(ledger, aims, 3) == (1.0,)
    assert worst_as_of(ledger, aims, 0) == ()


def test_a_limit_counts_once_its_property_has_a_label(ledger: Ledger) -> None:
    charge = Limit(output=CHARGE.output, above=0.0)
    added(ledger, 0, gap=1.0, mass=20.0)
    assert limits_as_of(ledger, [LIGHT, charge], 0) == ()
    assert limits_as_of(ledger, [LIGHT, charge], 1) == (LIGHT,)


def test_a_limit_is_broken_by_a_value_at_its_own_level(ledger: Ledger) -> None:
    assert breaks([LIGHT], "quick", {"mass": 50.0})
    assert not breaks([LIGHT], "quick", {"mass": 49.0})
    assert not breaks([LIGHT], "dear", {"mass": 60.0})
    assert not breaks([LIGHT], "quick", {"gap": 60.0})
