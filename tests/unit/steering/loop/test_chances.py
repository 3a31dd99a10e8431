"""How probably molecules are among the best, by models and by what cheaper levels say."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pytest
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.shared.wire.arrays.relation import Line
from molsteer.shared.wire.learning import Infer, Predict
from molsteer.shared.wire.messages import Result, Task
from molsteer.shared.wire.properties import Aim, Limit, Objective, Output
from molsteer.steering.loop.chances import Chances, chances_as_of
from molsteer.steering.policy.plan import Rung

pytestmark = pytest.mark.fast

DEAR = Output(name="ip", level="dear", unit="eV")
CHEAP = Output(name="ip", level="cheap", unit="eV")


Toy = TypeVar("Toy", bound=ToyCampaign)


@dataclass
class Watched(ToyCampaign):
    """A campaign of which is kept what its inferencers were asked."""

    asked: list[Infer] = field(default_factory=list)

    def _result(self, task: Task) -> Result:
        if isinstance(task.body, Infer):
            self.asked.append(task.body)
        return super()._result(task)


class FarApart(ToyCampaign):
    """A campaign whose models know nothing of the dear level until they have seen a label of it."""

    def _values(self, body: Predict | Infer) -> npt.NDArray[np.float32]:
        values = super()._values(body)
        if np.isnan(np.array(self.training_sets[-1])[0]).all():
            values[0] += 100.0
        return values


def chances(bar: float | None = 10.0, **changes: object) -> Chances:
    """Of a molecule 7 that is 9.5 by the cheap level, to which the dear one adds a half of it."""
    knobs: dict[str, object] = {
        "aims": (Aim(objective=Objective(output=DEAR)),),
        "outputs": (DEAR, CHEAP),
        "limits": (),
        "below": (((1, Line(slope=0.5, shift=5.0, spread=0.2, labels=9)),), ()),
        "molecules": np.array([7]),
        "labels": np.array([[np.nan], [9.5]]),
        "bar": bar,
    }
    return Chances(**(knobs | changes))  # type: ignore[arg-type]


def told(known: Chances, mean: float, spread: float = 1.0, molecule: int = 3) -> float | None:
    """Ask about a molecule whose dear value is so, and whose cheap one is 9.0 by the models."""
    (answer,) = known.of(
        np.array([molecule]), np.array([[mean], [9.0]]), np.array([[spread], [1.0]])
    )
    return answer


def test_a_molecule_that_has_just_what_makes_the_best_has_even_chances() -> None:
    assert told(chances(), 10.0) == pytest.approx(0.5)
    assert told(chances(), 11.0) == pytest.approx(0.841, abs=1e-3)
    assert told(chances(), 11.0, spread=0.1) == pytest.approx(1.0)


def test_while_nothing_tells_who_is_best_nobody_has_a_chance_that_is_known() -> None:
    assert told(chances(bar=None), 10.0) is None


def test_what_the_cheap_level_says_moves_what_models_say_and_leaves_less_doubt() -> None:
    surprise = 0.5 * (9.5 - 9.0)
    assert told(chances(), 10.0 - surprise, molecule=7) == pytest.approx(0.5)
    above = told(chances(), 10.2 - surprise, molecule=7)
    assert above == pytest.approx(0.841, abs=1e-3)  # the line's 0.2 and not the models' 1.0


def test_models_that_are_surer_than_the_line_are_believed() -> None:
    above = told(chances(), 10.1 - 0.25, spread=0.1, molecule=7)
    assert above == pytest.approx(0.841, abs=1e-3)


def test_what_is_known_needs_no_model() -> None:
    known = chances(labels=np.array([[10.1], [9.5]]))
    assert told(known, 0.0, molecule=7) == pytest.approx(1.0)


def test_small_values_are_good_where_they_are_wanted() -> None:
    smallest = (Aim(objective=Objective(output=DEAR, goal="minimise")),)
    assert told(chances(bar=-10.0, aims=smallest), 9.0) == pytest.approx(0.841, abs=1e-3)


def test_objectives_are_weighed_in_their_scales() -> None:
    both = tuple(Aim(objective=Objective(output=each), scale=2.0) for each in (DEAR, CHEAP))
    # (10 + 9) / 2 with spreads of 0.5 each, and a bar one spread above.
    assert told(chances(bar=9.5 + 0.5**0.5, aims=both), 10.0) == pytest.approx(0.159, abs=1e-3)


def test_what_models_said_before_they_knew_a_level_is_no_measure_of_it(tmp_path: Path) -> None:
    toy = climbing_by_price(FarApart, tmp_path)
    campaign = toy.steering()
    dear = "SELECT count(*) FROM result WHERE level = 'dear'"
    for _ in range(2000):
        campaign.step(0.0)
        toy.work()
        if campaign.ledger.connection.execute(dear).fetchone()[0]:
            break
    bar = chances_as_of(campaign.ledger, toy.settings).bar
    campaign.ledger.close()
    assert bar is not None
    assert 10.0 < bar < 20.0  # electron volts, as the labels, and not a hundred more


def climbing_by_price(kind: type[Toy], folder: Path) -> Toy:
    space = toy_space(folder)
    aims = {
        "level": [{"name": "xtb"}, {"name": "dear", "method": "toy", "share": 0.25}],
        "policy": {"shortlist": 12, "promotion": "price"},
        "objective": [{"property": "adiabatic_ionization_potential", "level": "dear"}],
    }
    plan = toy_plan(
        space,
        budget=32,
        level="xtb",
        rungs=(Rung("dear", 0.25),),
        promotion="price",
        during_update="pause",
    )
    (folder / "run").mkdir()
    return kind(folder / "run", space, plan, aims=aims)


def test_a_campaign_asks_its_models_about_those_that_may_climb(tmp_path: Path) -> None:
    toy = climbing_by_price(Watched, tmp_path)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"
    assert any(body.also for body in toy.asked)
    assert all(row < toy.space.chunk_size for body in toy.asked for row in body.also)
    climbed = campaign.ledger.connection.execute(
        "SELECT number FROM result WHERE level = 'dear' ORDER BY number"
    ).fetchall()
    assert len(climbed) == 8
    assert climbed[0][0] < 32  # not only once the first level has ended
    assert campaign.state.levels[0].timed == 32
    campaign.ledger.close()


def test_the_chance_to_keep_a_limit_counts() -> None:
    limit = Limit(output=DEAR, below=11.0)
    limited = chances(limits=(limit,))
    free, kept = told(chances(), 11.0), told(limited, 11.0)
    assert free is not None
    assert kept == pytest.approx(0.5 * free)
    assert told(limited, 30.0) == pytest.approx(0.0)
