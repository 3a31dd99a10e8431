"""The simulator as a worker runs it: a task in, properties and records out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import chdir
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from molsteer.shared.host.threads import hold_to_one_thread
from molsteer.shared.plugins import find_plugin
from molsteer.shared.telemetry.stages import stage
from molsteer.shared.wire.levels import BY_PROGRAM, Recipe, limits_of, recipe_of
from molsteer.shared.wire.messages import Simulate, Simulated
from molsteer.shared.wire.specs import SimulationSpec
from molsteer.simulator.deadline import Deadline
from molsteer.simulator.errors import NotByEngine
from molsteer.simulator.offered import check_answer, check_solvent
from molsteer.simulator.port import Computed, Simulator
from molsteer.simulator.stack import on_large_stack

if TYPE_CHECKING:  # these load NumPy, which has to find threads held to one already
    from molsteer.shared.worker.port import Handler, TaskContext
    from molsteer.simulator.programs.port import Program


def build() -> Handler[Simulate, Simulated]:
    """Make the handler of `simulate` tasks, at whatever level they ask for."""
    simulator = cache(simulator_by)

    def simulate(body: Simulate, context: TaskContext) -> Simulated:
        spec = body.level.spec
        compute = simulator(spec.method)
        found = compute(body.smiles, spec, body.wanted, context.scratch, context.remaining_s)
        check_answer(body.level.name, body.wanted, found)
        return Simulated(
            smiles=body.smiles,
            values=dict(found.values),
            steps=dict(found.steps),
            engine=found.engine,
            charge=found.charge,
            multiplicities=dict(found.multiplicities),
            records=context.blobs.put(dict(found.records), "msgpack", context.reply),
        )

    return simulate


def simulator_by(method: str) -> Simulator:
    """Prepare this process for simulations by a method, and return what does them.

    Raises:
        PluginMissing: If no package installed here offers the method.
    """
    with stage("loading the level of theory"):
        make: Callable[[], Simulator] = find_plugin("level of theory", method).load()
        return make()


def xtb() -> Simulator:
    """Make the simulator of the method GFN2-xTB."""
    return _simulator("xtb", relaxes=True)


def xtb_vertical() -> Simulator:
    """Make the simulator of vertical differences by GFN2-xTB at a force field's geometry."""
    return _simulator("xtb-vertical", relaxes=False)


def by_program() -> Simulator:
    """Make the simulator of the methods that another program computes."""
    return _simulator(None, relaxes=True)


def _simulator(named: str | None, *, relaxes: bool) -> Simulator:
    hold_to_one_thread()
    from molsteer.simulator.molecule.species import read_species
    from molsteer.simulator.molecule.spin import states
    from molsteer.simulator.properties.free_atoms import FreeAtoms
    from molsteer.simulator.properties.study import Study
    from molsteer.simulator.properties.table import compute

    free_atoms = defaultdict[str, FreeAtoms](FreeAtoms)

    def simulate(
        smiles: str,
        spec: SimulationSpec,
        wanted: Mapping[str, str],
        scratch: Path,
        remaining_s: float,
    ) -> Computed:
        deadline = Deadline.after(remaining_s)
        method = named or spec.method
        species = read_species(smiles, limits_of(method))
        spins = states(species, spec.multiplicity, spec.cation_multiplicity)
        program = program_for(spec, deadline, scratch)
        atoms = free_atoms[spec.model_dump_json()]
        study = Study(species, spins, program, deadline, atoms, method, relaxes)
        # geomeTRIC leaves matrices that it could not invert in the current folder.
        with chdir(scratch):
            return on_large_stack(lambda: compute(study, wanted))

    return simulate


def program_for(spec: SimulationSpec, deadline: Deadline, scratch: Path) -> Program:
    """Choose the program that a specification asks for.

    Raises:
        UnknownSolvent: If GFN2-xTB has no parameters of the solvent.
        NotByEngine: If the program offers no solvents.
        EngineMissing: If it is not installed here.
        ProgramError: If another program is not, or the specification does not say what to compute.
    """
    from molsteer.simulator.engines.installed import SOLVENTS_BY_ALPB, engine_named, require
    from molsteer.simulator.programs.in_process import InProcess

    check_solvent(spec.method, spec.solvent)
    if spec.method in BY_PROGRAM:
        return _through_qcengine(_recipe(spec), spec, deadline, scratch)
    if spec.engine == "qcengine":
        if spec.solvent is not None:
            raise NotByEngine(spec.engine, SOLVENTS_BY_ALPB, "tblite")
        require(spec.engine, "xtb")
        from molsteer.simulator.programs.reference import gfn2_xtb

        return _through_qcengine(gfn2_xtb(spec.accuracy), spec, deadline, scratch)
    engine = engine_named(spec.engine, spec.solvent)
    return InProcess(engine, spec.accuracy, spec.max_steps, deadline)


def _recipe(spec: SimulationSpec) -> Recipe:
    from molsteer.simulator.programs.errors import RecipeIncomplete

    if (recipe := recipe_of(spec)) is None:
        raise RecipeIncomplete(spec.method, "program" if spec.program is None else "model")
    return recipe


def _through_qcengine(
    recipe: Recipe, spec: SimulationSpec, deadline: Deadline, scratch: Path
) -> Program:
    from molsteer.simulator.programs.reference import ThroughQCEngine
    from molsteer.simulator.programs.resources import Resources

    resources = Resources.of(spec)
    return ThroughQCEngine(recipe, spec.accuracy, spec.max_steps, deadline, scratch, resources)
