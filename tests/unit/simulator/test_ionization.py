"""The whole protocol on real molecules."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from support.simulation import ENGINES, need_engine, potentials_eV, simulated

from molsteer.shared.wire.specs import Multiplicity
from molsteer.simulator.errors import Dissociated, NotConverged, TimeLimit

FAST = ["tblite", "xtb-python"]


@pytest.mark.parametrize("engine", ENGINES)
def test_ethanol_has_its_known_potential_with_every_engine(
    engine: str, capfd: pytest.CaptureFixture[str]
) -> None:
    need_engine(engine)
    handlers = list(logging.getLogger().handlers)
    found = potentials_eV(simulated("CCO", engine=engine))
    assert found == pytest.approx((14.445, 14.827), abs=0.01)
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger().handlers == handlers


@pytest.mark.parametrize("engine", FAST)
def test_the_cation_of_benzene_leaves_the_saddle(engine: str) -> None:
    need_engine(engine)
    assert potentials_eV(simulated("c1ccccc1", engine=engine))[0] == pytest.approx(
        14.022, abs=0.005
    )


def test_the_cation_of_neopentane_leaves_the_saddle() -> None:
    assert potentials_eV(simulated("CC(C)(C)C"))[0] < 14.155


@pytest.mark.parametrize("engine", FAST)
@pytest.mark.parametrize(
    ("smiles", "adiabatic_eV"), [("F[Gd](F)F", 17.587), ("Cl[Ce](Cl)Cl", 14.393)]
)
def test_the_f_electrons_of_lanthanides_are_in_the_core(
    engine: str, smiles: str, adiabatic_eV: float
) -> None:
    need_engine(engine)
    assert potentials_eV(simulated(smiles, engine=engine))[0] == pytest.approx(
        adiabatic_eV, abs=0.002
    )


@pytest.mark.parametrize("engine", FAST)
@pytest.mark.parametrize(
    ("smiles", "multiplicity", "adiabatic_eV"),
    [
        ("O=O", "rule", 16.853),
        ("O=O", "lowest", 16.925),
        ("S=S", "rule", 13.461),
        ("[NH]", "rule", 18.282),
        ("[CH2]CCC[CH2]", "rule", 11.135),
        ("[O]CCC[O]", "rule", 10.021),
        ("[CH2]", "rule", 15.403),
        ("[CH2]", 1, 16.197),
    ],
)
def test_the_multiplicity_makes_the_potential_and_is_told(
    engine: str, smiles: str, multiplicity: Multiplicity, adiabatic_eV: float
) -> None:
    need_engine(engine)
    found = simulated(smiles, engine=engine, multiplicity=multiplicity)
    assert potentials_eV(found)[0] == pytest.approx(adiabatic_eV, abs=0.002)
    assert found.multiplicities == {
        name: found.records[name]["final_molecule"]["molecular_multiplicity"]  # type: ignore[call-overload,index]
        for name in ("neutral", "cation")
    }


@pytest.mark.parametrize("engine", FAST)
@pytest.mark.parametrize(
    ("smiles", "adiabatic_eV"),
    [
        ("C=[CH]", 12.577),  # the neutral is bent
        ("C=C=C=O", 13.941),  # likewise, by 11 degrees
        ("CC(=O)OO", 15.596),  # the cation is twisted
        ("CN=S=O", 13.941),  # the methyl group of the neutral is staggered
        ("N=S=O", 15.126),
    ],
)
def test_a_relaxation_does_not_end_on_a_saddle(
    engine: str, smiles: str, adiabatic_eV: float
) -> None:
    need_engine(engine)
    assert potentials_eV(simulated(smiles, engine=engine))[0] == pytest.approx(
        adiabatic_eV, abs=0.003
    )


def test_a_molecule_has_the_same_potentials_every_time_and_in_every_spelling() -> None:
    once, again, spelled = map(simulated, ("CC(=O)NC", "CC(=O)NC", "CNC(C)=O"))
    for other in (again, spelled):
        assert potentials_eV(other) == pytest.approx(potentials_eV(once), abs=1e-6)
        assert other.steps == once.steps


def test_a_relaxed_cation_is_never_above_the_vertical_one() -> None:
    for smiles in ("C#C", "O=O", "[CH3]", "[O-]C=O", "C[N+](C)(C)C", "FC(F)(F)F", "[H][H]"):
        adiabatic_eV, vertical_eV = potentials_eV(simulated(smiles))
        assert adiabatic_eV <= vertical_eV + 1e-4, smiles


def test_a_zwitterion_whose_proton_moves_is_a_failure_not_a_label() -> None:
    with pytest.raises(Dissociated, match="the bond N1-H8 broke") as failure:
        simulated("[NH3+]CC(=O)[O-]")
    assert (failure.value.code, failure.value.state) == ("dissociated", "neutral")


def test_a_cation_that_falls_apart_is_a_failure_not_a_label() -> None:
    with pytest.raises(Dissociated, match="fragments") as failure:
        simulated("O=[N+]([O-])[N+](=O)[O-]")
    assert failure.value.state == "cation"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_geometry_that_needs_more_steps_says_how_to_get_them(engine: str) -> None:
    need_engine(engine)
    with pytest.raises(NotConverged, match="max_steps") as failure:
        simulated("CCO", engine=engine, max_steps=2)
    assert (failure.value.code, failure.value.retryable) == ("not-converged", False)
    assert failure.value.state == "neutral"


def test_a_simulation_stops_before_its_time_is_over() -> None:
    with pytest.raises(TimeLimit) as failure:
        simulated("CCCCCCCCCCCCCCCCCCCCCCCC", limit_s=1.0)
    assert "limit of 1 s" in str(failure.value)
    assert failure.value.retryable


@pytest.mark.parametrize("engine", ENGINES)
def test_the_records_are_valid_qcschema_and_tell_the_same_story(engine: str) -> None:
    need_engine(engine)
    models = pytest.importorskip("qcelemental.models.v1")
    found = simulated("CCO", engine=engine)
    neutral = models.OptimizationResult(**found.records["neutral"])
    cation = models.OptimizationResult(**found.records["cation"])
    vertical = models.AtomicResult(**found.records["vertical"])
    in_eV = 27.211386245988
    at_ends = (cation.energies[-1], vertical.return_result)
    expected = [(energy - neutral.energies[-1]) * in_eV for energy in at_ends]
    assert potentials_eV(found) == pytest.approx(expected)
    assert found.steps == {
        "neutral": len(neutral.energies) - 1,
        "cation": len(cation.energies) - 1,
    }
    assert [m.molecular_charge for m in (neutral.final_molecule, cation.final_molecule)] == [0, 1]
    assert cation.final_molecule.molecular_multiplicity == 2
    assert list(cation.final_molecule.symbols) == ["C", "C", "O", *"HHHHHH"]
    assert neutral.final_molecule.identifiers.inchikey == "LFQSCWFLJHTTHZ-UHFFFAOYSA-N"
    assert len(neutral.trajectory) == 2
    assert np.abs(neutral.trajectory[-1].return_result).max() < 1e-3
