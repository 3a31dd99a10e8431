"""Relaxations of neutral and cation: ours beside molecular-design's way and the program xtb.

    python bench/simulate.py [--molecules bench/moses.smi] [--n 20]

All have one core, and molecules by turns. `bench/moses.smi` are 20 molecules drawn at random from
the test set of MOSES (doi:10.3389/fphar.2020.565644, MIT licence).
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from side_by_side import BENCH, PEERS, Comparison, conclude, environment

if TYPE_CHECKING:
    from molsteer.simulator.molecule.species import Species

ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
ALIKE_EV = 0.001


@dataclass(frozen=True, slots=True)
class Measured:
    """One molecule: processor time, gradients, ionization potential, share of time in xTB."""

    cpu_s: float
    gradients: int
    ip_eV: float
    inside_s: float = 0.0


def main() -> None:
    """Measure molecule by molecule, and sum up."""
    os.environ.update(ONE_CORE)
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--molecules", type=Path, default=BENCH / "moses.smi")
    parser.add_argument("--n", type=int, default=20, help="Molecules, the first of the file.")
    asked = parser.parse_args()
    lines = asked.molecules.read_text(encoding="utf-8").split("\n")
    molecules = [line.split()[0] for line in lines if line.strip()][: asked.n]
    program = shutil.which("xtb")
    if program is None:
        print("The program xtb is not installed, so it is left out.")
    peer = subprocess.Popen(
        [str(environment("simulate")), "-W", "ignore", str(PEERS / "simulate.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    ours, theirs, xtb = [], [], []
    simulated("CCO")  # loads the libraries of both
    asked_of(peer, "CCO")
    for smiles in molecules:
        ours.append(simulated(smiles))
        theirs.append(asked_of(peer, smiles))
        xtb.append(by_program(program, smiles) if program else None)
        told = [f"{one.ip_eV:8.4f} eV {one.cpu_s:6.2f} s" for one in (ours[-1], theirs[-1])]
        print(*told, f"{xtb[-1] or 0.0:6.2f} s", f"{ours[-1].gradients:4}", smiles, file=sys.stderr)
    peer.communicate()
    report(molecules, ours, theirs, [seconds for seconds in xtb if seconds is not None])


def report(
    molecules: list[str], ours: list[Measured], theirs: list[Measured], xtb: list[float]
) -> None:
    """Say which potentials differ, and conclude."""
    apart = [mine.ip_eV - other.ip_eV for mine, other in zip(ours, theirs, strict=True)]
    for smiles, difference in zip(molecules, apart, strict=True):
        if abs(difference) > ALIKE_EV:
            print(f"{difference:+.4f} eV, another minimum of one of both: {smiles}")
    total = sum(each.cpu_s for each in ours)
    outside = 1.0 - sum(each.inside_s for each in ours) / total
    print(f"median difference of potentials: {median(map(abs, apart)):.5f} eV")
    print(f"processor time outside xTB's library: {100 * outside:.1f} %")

    def row(what: str, mine: float, other: float, unit: str) -> Comparison:
        return Comparison("simulate", what, [mine], [other], unit, len(molecules))

    per = len(molecules)
    conclude(
        row("molecular-design's way", total, sum(each.cpu_s for each in theirs), "s of a core"),
        row(
            "gradients a molecule",
            sum(each.gradients for each in ours) / per,
            sum(each.gradients for each in theirs) / per,
            "gradients",
        ),
        *([row("the program xtb --opt", total, sum(xtb), "s of a core")] if xtb else []),
    )


def simulated(smiles: str) -> Measured:
    """Relax with what a simulator worker uses."""
    from molsteer.simulator.deadline import Deadline
    from molsteer.simulator.engines.installed import engine_named
    from molsteer.simulator.engines.tblite import TbliteSurface
    from molsteer.simulator.molecule.species import read_species
    from molsteer.simulator.molecule.spin import states
    from molsteer.simulator.programs.in_process import InProcess
    from molsteer.simulator.properties.free_atoms import FreeAtoms
    from molsteer.simulator.properties.study import Study
    from molsteer.simulator.properties.table import compute

    inside_s = 0.0
    asked = TbliteSurface.__call__

    def timed(surface: TbliteSurface, positions: object) -> object:
        nonlocal inside_s
        began = time.process_time()
        answer = asked(surface, positions)  # type: ignore[arg-type]
        inside_s += time.process_time() - began
        return answer

    TbliteSurface.__call__ = timed  # type: ignore[method-assign,assignment]
    try:
        began = time.process_time()
        species, deadline = read_species(smiles), Deadline.after(3600.0)
        program = InProcess(engine_named("tblite"), 0.05, 300, deadline)
        spins = states(species, "rule", None)
        found = compute(Study(species, spins, program, deadline, FreeAtoms()), [])
        cpu_s = time.process_time() - began
    finally:
        TbliteSurface.__call__ = asked  # type: ignore[method-assign]
    gradients = sum(steps + 1 for steps in found.steps.values())
    return Measured(
        cpu_s, gradients, found.values["adiabatic_ionization_potential"].value, inside_s
    )


def asked_of(peer: subprocess.Popen[str], smiles: str) -> Measured:
    """Let the peer relax a molecule."""
    assert peer.stdin is not None
    assert peer.stdout is not None
    peer.stdin.write(smiles + "\n")
    peer.stdin.flush()
    while line := peer.stdout.readline():
        if line.startswith("{"):
            return Measured(**json.loads(line))
    sys.exit(f"The peer ended at {smiles}; see above.")


def by_program(program: str, smiles: str) -> float:
    """Relax with `xtb --opt`; give its processor seconds."""
    from molsteer.simulator.deadline import Deadline
    from molsteer.simulator.molecule.embedding import embed
    from molsteer.simulator.molecule.species import read_species

    species = read_species(smiles)
    with tempfile.TemporaryDirectory() as folder:
        write_xyz(species, embed(species, Deadline.after(3600.0)), Path(folder) / "start.xyz")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for charge, start in ((0, "start.xyz"), (1, "xtbopt.xyz")):
            command = [program, start, "--opt", "--chrg", str(charge), "--uhf", str(charge)]
            subprocess.run(command, cwd=folder, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def write_xyz(species: Species, positions: object, path: Path) -> None:
    """Write a geometry in angstrom."""
    from molsteer.shared.units import BOHR_IN_ANGSTROM

    rows = [
        f"{symbol} " + " ".join(f"{place * BOHR_IN_ANGSTROM:.8f}" for place in atom)
        for symbol, atom in zip(species.symbols, positions, strict=True)  # type: ignore[call-overload]
    ]
    path.write_text("\n".join([str(len(rows)), "", *rows, ""]))


if __name__ == "__main__":
    main()
