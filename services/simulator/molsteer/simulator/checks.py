"""What `molsteer doctor` checks where simulations run: each engine computes a molecule.

Of other programs it tells whether they are there.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from molsteer.shared.doctor.check import Check, Finding
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.levels import READY
from molsteer.shared.wire.specs import SimulationSpec

EngineName = Literal["tblite", "xtb-python", "qcengine"]

TRIAL_SMILES, TRIAL_EV = "O", 18.148
"""Water and its adiabatic potential, on which the engines agree to a millionth of an eV."""

TOLERANCE_EV = 0.005
LIMIT_S = 60.0


def checks(_file: Path | None) -> Iterator[Check]:
    """Offer a check of each engine, and of the program of the levels that are ready-made."""
    engines: tuple[EngineName, ...] = ("tblite", "xtb-python", "qcengine")
    for engine in engines:
        yield Check(f"engine-{engine}", partial(look_at_engine, engine), LIMIT_S)
    for program in sorted({recipe.program for recipe in READY.values()}):
        yield Check(f"program-{program}", partial(look_at_program, program), LIMIT_S)


def look_at_program(program: str) -> Iterator[Finding]:
    """Tell whether a program is there, and how several of its processes would be started."""
    from molsteer.simulator.programs.errors import ProgramMissing
    from molsteer.simulator.programs.resources import Resources, find

    try:
        version = find(program)
    except ProgramMissing as missing:
        yield Finding("skipped", f"{missing} Without it, {_methods_of(program)} cannot be used.")
        return
    yield Finding("ok", f"{program} {version} is there, for {_methods_of(program)}.")
    try:
        Resources(cores=2).task_config(program, ".")
    except ProgramMissing as missing:
        yield Finding("skipped", str(missing))


def _methods_of(program: str) -> str:
    names = sorted(name for name, recipe in READY.items() if recipe.program == program)
    return ", ".join([*names, "qcengine"])


def look_at_engine(engine: EngineName) -> Iterator[Finding]:
    """Compute water and compare; an engine that is not there matters only if no other is."""
    from molsteer.simulator.errors import EngineMissing

    try:
        yield _trial(engine)
    except EngineMissing as missing:
        another = find_spec("tblite") or find_spec("xtb")
        sentence = f"It is not installed (Python package {missing.package})."
        cure = "Install molsteer-simulator with all it needs." if not another else ""
        yield Finding("skipped" if another else "problem", sentence, cure)


def _trial(engine: EngineName) -> Finding:
    from molsteer.simulator.app import xtb

    compute, spec = xtb(), SimulationSpec(engine=engine)
    with tempfile.TemporaryDirectory(prefix="molsteer-doctor-") as scratch:
        started_at = time.perf_counter()
        found = compute(TRIAL_SMILES, spec, {ADIABATIC_IP: "eV"}, Path(scratch), LIMIT_S)
        passed_s = time.perf_counter() - started_at
    potential_eV = found.values[ADIABATIC_IP].value
    sentence = f"{found.engine}: water has {potential_eV:.3f} eV, after {passed_s:.2g} s."
    if abs(potential_eV - TRIAL_EV) <= TOLERANCE_EV:
        return Finding("ok", sentence)
    cure = "Install another version; labels of this one would not fit those of others."
    return Finding("problem", f"{sentence} It should be {TRIAL_EV:.3f} eV.", cure)
