"""The simulator as a worker runs it: a task in, potentials and records out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from molsteer.shared.messages import Simulate, Simulated, SimulationSpec
from molsteer.shared.worker.port import Handler, TaskContext
from molsteer.simulator.deadline import Deadline
from molsteer.simulator.threads import hold_to_one_thread

if TYPE_CHECKING:
    from molsteer.simulator.program import Program


def build() -> Handler[Simulate, Simulated]:
    """Prepare this process for simulations, and return what does them."""
    hold_to_one_thread()
    from molsteer.simulator.ionization import ionize
    from molsteer.simulator.species import read_species

    def simulate(body: Simulate, context: TaskContext) -> Simulated:
        deadline = Deadline.after(context.remaining_s)
        species = read_species(body.smiles)
        program = program_for(body.spec, deadline, context.scratch)
        found = ionize(species, program, deadline)
        return Simulated(
            smiles=body.smiles,
            adiabatic_eV=found.adiabatic_eV,
            vertical_eV=found.vertical_eV,
            steps=found.steps,
            engine=program.name,
            records=context.blobs.put(found.records, "msgpack", context.reply),
        )

    return simulate


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
