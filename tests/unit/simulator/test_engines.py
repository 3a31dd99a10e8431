"""Engines: equal answers, honest gradients, failures that tell why."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
from support.simulation import need_engine

from molsteer.simulator.deadline import Deadline
from molsteer.simulator.engines import installed
from molsteer.simulator.engines.installed import engine_named
from molsteer.simulator.engines.port import Engine, Surface
from molsteer.simulator.errors import EngineMissing, ScfFailed, StateName
from molsteer.simulator.molecule.embedding import embed
from molsteer.simulator.molecule.species import Positions, read_species
from molsteer.simulator.molecule.spin import states
from molsteer.simulator.programs.in_process import InProcess

pytestmark = pytest.mark.fast

FastEngine = Literal["tblite", "xtb-python"]

ETHANOL = read_species("CCO")


def surface(
    engine: FastEngine, state: StateName = "neutral", accuracy: float = 0.05
) -> tuple[Positions, Surface]:
    positions = embed(ETHANOL, Deadline.after(60.0))
    found = states(ETHANOL, "rule", None)[state]
    return positions, engine_named(engine).surface(
        ETHANOL.numbers, positions, found.charge, found.unpaired, accuracy
    )


@pytest.mark.parametrize("state", ["neutral", "cation"])
def test_both_engines_give_the_same_energy_and_gradient(
    state: StateName, capfd: pytest.CaptureFixture[str]
) -> None:
    need_engine("xtb-python")
    positions, by_tblite = surface("tblite", state)
    _, by_xtb = surface("xtb-python", state)
    (energy, gradient), (other_energy, other_gradient) = by_tblite(positions), by_xtb(positions)
    assert energy == pytest.approx(other_energy, abs=1e-6)
    np.testing.assert_allclose(gradient, other_gradient, atol=1e-5)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("engine", ["tblite", "xtb-python"])
def test_the_gradient_is_the_slope_of_the_energy_on_a_restarted_density(engine: FastEngine) -> None:
    need_engine(engine)
    positions, energy_at = surface(engine, accuracy=0.001)
    _, gradient = energy_at(positions)
    step = np.zeros_like(positions)
    step[2, 1] = 1e-3
    rise = energy_at(positions + step)[0] - energy_at(positions - step)[0]
    assert rise / 2e-3 == pytest.approx(gradient[2, 1], abs=2e-6)


@pytest.mark.parametrize("engine", ["tblite", "xtb-python"])
def test_a_density_that_cannot_be_found_is_a_failure_that_tells_why(
    engine: FastEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    need_engine(engine)
    positions, energy_at = surface(engine)
    with pytest.raises(ScfFailed) as failure:
        energy_at(np.full_like(positions, np.nan))
    assert (failure.value.code, failure.value.retryable) == ("scf-failed", False)
    assert failure.value.reason in str(failure.value)
    assert "\n" not in str(failure.value)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("engine", ["tblite", "xtb-python"])
def test_an_engine_that_is_not_installed_is_named_with_its_package(
    engine: FastEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed, "find_spec", lambda _package: None)
    with pytest.raises(EngineMissing) as failure:
        engine_named(engine)
    assert failure.value.engine == engine
    assert failure.value.retryable


def test_auto_takes_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine_named("auto").name == "tblite"
    need_engine("xtb-python")
    monkeypatch.setattr(installed, "find_spec", lambda package: package == "xtb" or None)
    assert engine_named("auto").name == "xtb-python"


@pytest.mark.parametrize("engine", ["tblite", "xtb-python"])
def test_a_relaxation_goes_on_from_the_density_of_the_energy_before(
    engine: FastEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_engine(engine)
    chosen, made = engine_named(engine), list[int]()
    prepare = type(chosen).surface

    def counting(self: Engine, *asked: Any) -> Surface:
        made.append(asked[2])
        return prepare(self, *asked)  # type: ignore[arg-type]

    monkeypatch.setattr(type(chosen), "surface", counting)
    program = InProcess(chosen, 0.05, 100, Deadline.after(60.0))
    start, by_name = embed(ETHANOL, Deadline.after(60.0)), states(ETHANOL, "rule", None)
    before = program.single_point(ETHANOL, by_name["cation"], start)
    found = program.relax(ETHANOL, by_name["cation"], start)
    program.single_point(ETHANOL, by_name["neutral"], start)
    assert made == [1, 0], "one of each charge"
    assert found.energy < before.energy
    at_end = InProcess(chosen, 0.05, 100, Deadline.after(60.0))
    exact = at_end.single_point(ETHANOL, by_name["cation"], found.positions)
    assert found.energy == pytest.approx(exact.energy, abs=1e-6)
