from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from geometric import step
from support.simulation import need_engine

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.errors import TaskError, UserError
from molsteer.shared.plugins import PluginMissing
from molsteer.shared.wire.blob import Placement
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.messages import Simulate
from molsteer.shared.wire.properties import Quantity
from molsteer.shared.wire.specs import Level, SimulationSpec
from molsteer.shared.worker.failures import describe
from molsteer.shared.worker.port import TaskContext
from molsteer.simulator import app
from molsteer.simulator.app import build, xtb
from molsteer.simulator.errors import PropertyMissing
from molsteer.simulator.port import Computed
from molsteer.simulator.relaxing import descent

pytestmark = pytest.mark.fast


def asked(method: str, wanted: dict[str, str], solvent: str | None = None) -> Simulate:
    spec = SimulationSpec(method=method, solvent=solvent)
    return Simulate(smiles="CO", level=Level(name="first", spec=spec), wanted=wanted)


def give(given: dict[str, Quantity], monkeypatch: pytest.MonkeyPatch) -> None:
    def compute(*_asked: object) -> Computed:
        return Computed(values=given, engine="none")

    monkeypatch.setattr(app, "simulator_by", lambda _method: compute)


@pytest.mark.parametrize(
    ("given", "given_unit", "told"),
    [
        (
            {"gap": Quantity(value=1.0, unit="eV")},
            "eV",
            "The level 'first' gives 'gap' in eV, and it is understood in kcal/mol. Ask for it in "
            "eV, or mend the package that offers 'first'.",
        ),
        (
            {"gap": Quantity(value=1.0)},
            "",
            "The level 'first' gives 'gap' without a unit, and it is understood in kcal/mol.",
        ),
        (
            {"gaps": Quantity(value=1.0, unit="kcal/mol")},
            None,
            "The level 'first' gives no 'gap'. Did you mean gaps? It gives gaps.",
        ),
    ],
)
def test_an_answer_without_what_was_asked_for_is_a_failure_that_tells_the_cure(
    given: dict[str, Quantity],
    given_unit: str | None,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give(given, monkeypatch)
    context = TaskContext(MemoryBlobs(), Placement(), scratch=tmp_path, remaining_s=60.0)
    with pytest.raises(PropertyMissing) as refusal:
        build()(asked("plugin", {"gap": "kcal/mol"}), context)
    failure = describe(refusal.value)
    assert told in failure.message
    assert (failure.code, failure.retryable) == ("property-missing", False)
    assert failure.facts["level"] == "first"
    assert (failure.facts["unit"], failure.facts["given_unit"]) == ("kcal/mol", given_unit)


def test_what_comes_along_is_part_of_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"gap": Quantity(value=1.0, unit="eV"), "hydrogens": Quantity(value=4.0)}
    give(values, monkeypatch)
    context = TaskContext(MemoryBlobs(), Placement(), scratch=tmp_path, remaining_s=60.0)
    assert build()(asked("plugin", {"gap": "eV"}), context).values == values


@pytest.mark.parametrize(
    ("wanted", "solvent", "engine", "code", "cure"),
    [
        ("homo_lumo", None, "auto", "unknown-property", "Did you mean homo_lumo_gap?"),
        (ADIABATIC_IP, "watre", "auto", "unknown-solvent", "Did you mean water?"),
        ("solvation_energy", None, "auto", "solvent-missing", "Name one"),
        (ADIABATIC_IP, "water", "xtb-python", "not-by-engine", "Choose the engine 'tblite'"),
        (ADIABATIC_IP, "water", "qcengine", "not-by-engine", "Choose the engine 'tblite'"),
        ("homo_lumo_gap", None, "qcengine", "not-by-engine", "Choose the engine 'tblite'"),
    ],
)
def test_what_xtb_does_not_offer_is_refused_before_anything_is_computed(
    wanted: str, solvent: str | None, engine: str, code: str, cure: str, tmp_path: Path
) -> None:
    if engine == "qcengine":
        need_engine(engine)
    asked = {"solvent": solvent, "engine": engine}
    with pytest.raises(TaskError) as refusal:
        xtb()("CO", SimulationSpec.model_validate(asked), {wanted: "eV"}, tmp_path, 60.0)
    failure = describe(refusal.value)
    assert (failure.code, failure.retryable) == (code, False)
    assert cure in failure.message
    assert isinstance(refusal.value, UserError)


def test_a_level_that_is_not_installed_is_a_failure_that_another_worker_may_mend(
    tmp_path: Path,
) -> None:
    context = TaskContext(MemoryBlobs(), Placement(), scratch=tmp_path, remaining_s=60.0)
    with pytest.raises(
        PluginMissing, match=r"'dft' is not installed here \(installed: .*xtb.*\)"
    ) as e:
        build()(asked("dft", {ADIABATIC_IP: "eV"}), context)
    failure = describe(e.value)
    assert (failure.code, failure.retryable) == ("plugin-missing", True)
    assert failure.facts == {"kind": "level of theory", "name": "dft"}


def test_what_libraries_leave_behind_is_left_in_the_scratch_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch, here = tmp_path / "scratch", tmp_path / "here"
    scratch.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    invert, calls = step.invert_svd, count()

    def fail_once(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if next(calls) == 0:
            raise np.linalg.LinAlgError
        return np.asarray(invert(matrix))

    monkeypatch.setattr(descent, "internal", lambda *_given: None)  # so that geomeTRIC goes on
    monkeypatch.setattr(step, "invert_svd", fail_once)
    xtb()("CO", SimulationSpec(), {}, scratch, 60.0)
    assert list(here.iterdir()) == []
    assert [path.name for path in scratch.iterdir()] == ["HT.v_0.00000.txt"]
