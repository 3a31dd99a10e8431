"""The simulator as a worker runs it: a task in, potentials and records out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import chdir
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from molsteer.shared.host.threads import hold_to_one_thread
from molsteer.shared.plugins import find_plugin
from molsteer.shared.wire.messages import Simulate, Simulated
from molsteer.shared.wire.specs import SimulationSpec
from molsteer.simulator.deadline import Deadline
from molsteer.simulator.port import Ionization, Simulator
from molsteer.simulator.stack import on_large_stack

if TYPE_CHECKING:  # these load NumPy, which has to find threads held to one already
    from molsteer.shared.worker.port import Handler, TaskContext
    from molsteer.simulator.program import Program


def build() -> Handler[Simulate, Simulated]:
    """Make the handler of `simulate` tasks, at whatever level they ask for."""
    at_level = cache(simulator_at)

    def simulate(body: Simulate, context: TaskContext) -> Simulated:
        compute = at_level(body.spec.level)
        found = compute(body.smiles, body.spec, context.scratch, context.remaining_s)
        return Simulated(
            smiles=body.smiles,
            adiabatic_eV=found.adiabatic_eV,
            vertical_eV=found.vertical_eV,
            steps=found.steps,
            engine=found.engine,
            multiplicities=found.multiplicities,
            records=context.blobs.put(dict(found.records), "msgpack", context.reply),
        )

    return simulate


def simulator_at(level: str) -> Simulator:
    """Prepare this process for simulations at a level of theory, and return what does them.

    Raises:
        PluginMissing: If no package installed here offers the level.
    """
    make: Callable[[], Simulator] = find_plugin("level of theory", level).load()
    return make()


def xtb() -> Simulator:
    """Make the simulator at the level GFN2-xTB."""
    hold_to_one_thread()
    from molsteer.simulator.ionization import ionize
    from molsteer.simulator.molecule.species import read_species
    from molsteer.simulator.molecule.spin import states

    def compute(smiles: str, spec: SimulationSpec, scratch: Path, remaining_s: float) -> Ionization:
        deadline = Deadline.after(remaining_s)
        species = read_species(smiles)
        spins = states(species, spec.multiplicity, spec.cation_multiplicity)
        program = program_for(spec, deadline, scratch)
        # geomeTRIC leaves matrices that it could not invert in the current folder.
        with chdir(scratch):
            return on_large_stack(lambda: ionize(species, spins, program, deadline))

    return compute


def program_for(spec: SimulationSpec, deadline: Deadline, scratch: Path) -> Program:
    """Choose the program that a specification asks for.

    Raises:
        EngineMissing: If it is not installed here.
    """
    from molsteer.simulator.engines.installed import engine_named, require
    from molsteer.simulator.in_process import InProcess

    if spec.engine == "qcengine":
        require(spec.engine, "xtb")
        from molsteer.simulator.reference import Reference

        return Reference(spec.accuracy, spec.max_steps, deadline, scratch)
    engine = engine_named(spec.engine)
    return InProcess(engine, spec.accuracy, spec.max_steps, deadline)
