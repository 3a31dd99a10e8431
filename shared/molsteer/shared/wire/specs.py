"""How tasks are to be done: chosen in the settings, carried by the tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue, NonNegativeFloat, PositiveFloat, PositiveInt

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.properties import LevelName

PluginName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]
"""What a package calls something that it offers; `molsteer.shared.plugins` finds it."""

Multiplicity = Literal["rule", "lowest"] | Annotated[int, Field(ge=1, le=100)]
"""Of a molecule's spin: by the rule of the level, as low as its electrons allow, or this one."""


ProgramWord = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""What another program calls a method or a basis set; on one line, for it becomes part of input."""

Keywords = Annotated[dict[ProgramWord, JsonValue], Field(max_length=200)]
"""What another program is told, by the names that QCEngine gives it."""

Solvent = Annotated[str, Field(pattern=r"^[a-z][a-z0-9 -]{0,62}$")]
"""A solvent by name, as `water`."""


class SimulationSpec(Message):
    """How to compute a molecule, and how well.

    Attributes:
        method: Level of theory by the name under which a package offers it.
        solvent: What surrounds the molecule, by name; None is vacuum.
        engine: Program that computes it; `auto` takes the fastest that is installed.
        accuracy: Numerical accuracy of the density, dimensionless, smaller is tighter.
        max_steps: Steps that each geometry relaxation may take.
        multiplicity: That of the molecule as its SMILES gives it.
        cation_multiplicity: That of the molecule with one electron less; None follows from the
            molecule's, as that of the molecule with one electron more does.
        table: What the method `replay` answers from, a file that is named by its SHA-256.
        speed: How many times as fast as the table says it answers; None is at once.
        program: Program that QCEngine drives, for the method `qcengine`.
        model: Method of theory as that program calls it.
        basis: Basis set as that program calls it; None where its method has none.
        keywords: What that program is told besides.
        cores: Cores of each node that one calculation takes.
        nodes: Nodes that one calculation takes.
        memory_GiB: Memory of one calculation on each node; None is its part of the machine's.
    """

    method: PluginName = "xtb"
    solvent: Solvent | None = None
    engine: Literal["auto", "tblite", "xtb-python", "qcengine"] = "auto"
    accuracy: PositiveFloat = 0.05
    max_steps: PositiveInt = 300
    multiplicity: Multiplicity = "rule"
    cation_multiplicity: Annotated[int, Field(ge=1, le=100)] | None = None
    table: Path | None = None
    speed: PositiveFloat | None = None
    program: PluginName | None = None
    model: ProgramWord | None = None
    basis: ProgramWord | None = None
    keywords: Keywords = Field(default_factory=dict)
    cores: Annotated[int, Field(ge=1, le=100_000)] = 1
    nodes: Annotated[int, Field(ge=1, le=100_000)] = 1
    memory_GiB: PositiveFloat | None = None


class Level(Message):
    """A recipe that gives properties of one molecule, under a name of the campaign's.

    Attributes:
        name: What objectives and results call it.
        spec: How it computes.
        starts_from: Level whose geometries this one starts from; None makes its own.
    """

    name: LevelName = "xtb"
    spec: SimulationSpec = SimulationSpec()
    starts_from: LevelName | None = None


REPLAY = "replay"
"""The method that looks its answers up in a table instead of computing them."""

Surrogate = Literal["graphs", "gp", "trees"]
"""What stands in for a simulation: an ensemble of graph networks; a Gaussian process, or extremely
randomised trees, on features."""

ON_FEATURES: frozenset[Surrogate] = frozenset({"gp", "trees"})
"""Surrogates that read features of molecules where the others read graphs."""


class TrainingPlan(Message):
    """How an ensemble member is trained.

    Attributes:
        width: Features of each atom inside the network.
        layers: Rounds of message passing.
        epochs: Passes over the training set at most.
        batch_size: Molecules in one step.
        learning_rate: Step size of Adam at the start; it decays along a cosine.
        patience: Epochs without a better validation error after which a new member stops.
        deadline_s: Wall-clock time after which the best weights so far are returned.
    """

    width: PositiveInt = 48
    layers: PositiveInt = 3
    epochs: PositiveInt = 60
    batch_size: PositiveInt = 16
    learning_rate: PositiveFloat = 3e-3
    patience: PositiveInt = 30
    deadline_s: PositiveFloat = 2700.0

    def going_on(self) -> TrainingPlan:
        """Give the plan of members that learned before: half the patience, rounded up."""
        return self.model_copy(update={"patience": (self.patience + 1) // 2})


OF_GAINS: frozenset[str] = frozenset({"ehvi", "ei", "pi"})
"""Acquisitions whose scores are logarithms of gains, so that they can be divided by a cost."""

CHANCE = "random"
"""The acquisition that prefers nothing, whatever is predicted."""


class Acquisition(Message):
    """How predictions become a score; higher scores are simulated first.

    Attributes:
        kind: The rule by name: `ucb` is mean plus beta times spread, `greedy` the mean alone, `ei`
            and `pi` ask for improvement on the best so far, `pareto` and `ehvi` by several aims,
            `thompson` draws from what may be, `random` from all.
        beta: Weight of the spread in `ucb` and `pareto`, dimensionless.
    """

    kind: PluginName = "ucb"
    beta: NonNegativeFloat = 1.0
