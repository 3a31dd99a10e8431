"""What numbers mean, and when they are good."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from molsteer.shared.wire.properties import (
    Aim,
    Objective,
    Output,
    Quantity,
    total_merit,
)

pytestmark = pytest.mark.fast

GAP = Output(name="homo_lumo_gap", level="xtb", unit="eV")


@pytest.mark.parametrize(
    "unit", ["", "eV", "kcal/mol", "1/nm", "Å", "°", "%", "g cm^-3", "e*a0", "µD"]
)
def test_units_are_written_behind_numbers(unit: str) -> None:
    assert str(Quantity(value=1.5, unit=unit)) == f"1.500 {unit}".rstrip()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (22.0, "22"),
        (-3.0, "-3"),
        (14.12345, "14.123"),
        (0.0, "0"),
        (1.2e-6, "1.2e-06"),
        (3e12, "3e+12"),
    ],
)
def test_numbers_are_written_as_they_are_read(value: float, written: str) -> None:
    assert str(Quantity(value=value)) == written


@pytest.mark.parametrize("unit", ["e|V", "`eV`", "<b>", "e\nV", "\x1b[31m", "e\u202eV", "x" * 31])
def test_a_unit_holds_nothing_that_a_table_or_terminal_would_obey(unit: str) -> None:
    with pytest.raises(ValidationError):
        Quantity(value=1.0, unit=unit)


@pytest.mark.parametrize(
    ("wanted", "better", "worse", "hits", "others"),
    [
        ({"goal": "maximise", "hit": 3.0}, 4.0, 2.0, [3.5], [3.0, 2.0]),
        ({"goal": "minimise", "hit": 3.0}, 2.0, 4.0, [2.5], [3.0, 4.0]),
        ({"goal": "reach", "target": 3.0, "hit": 0.5}, 3.25, 4.0, [2.5, 3.5], [2.0, 4.0]),
        ({"goal": "maximise"}, 4.0, 2.0, [], [99.0]),
    ],
)
def test_merit_and_hits_follow_the_goal(
    wanted: dict[str, object],
    better: float,
    worse: float,
    hits: list[float],
    others: list[float],
) -> None:
    objective = Objective.model_validate({"output": GAP, **wanted})
    assert objective.merit(better) > objective.merit(worse)
    assert all(map(objective.is_hit, hits))
    assert not any(map(objective.is_hit, others))


def test_merits_add_up_in_their_scales_over_what_is_known() -> None:
    cost = Output(name="cost", level="shop")
    aims = (
        Aim(objective=Objective(output=GAP), scale=2.0),
        Aim(objective=Objective(output=cost, goal="minimise"), scale=10.0),
    )
    assert total_merit(aims, {"homo_lumo_gap": 4.0, "cost": 5.0}) == pytest.approx(1.5)
    assert total_merit(aims, {"cost": 5.0}) == pytest.approx(-0.5)
    assert total_merit(aims, {"other": 5.0}) is None
