"""The sections of a campaign's settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)
from pydantic_core import from_json
from pydantic_settings import NoDecode

from molsteer.shared.host.cores import usable_cores
from molsteer.shared.settings.sections import Section, TopicSection
from molsteer.shared.wire.specs import (
    Level,
    PluginName,
    SimulationSpec,
    Solvent,
    TrainingPlan,
)
from molsteer.steering.space.admission import Charged, Salts

MEMBERS = 8
"""Networks in an ensemble whose size is not given."""

_HANDLER = r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"


def _listed(given: object) -> object:
    """Take one path for a list of one; a variable holds several as a JSON list."""
    match given:
        case str(text) if text.startswith("["):
            return from_json(text)
        case str() | Path():
            return (given,)
        case _:
            return given


def _as_text(given: object) -> object:
    """Take a number for its digits, as TOML and Python have them."""
    return str(given) if type(given) is int else given


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", name):
        raise ValueError(
            "write lower-case letters, digits and hyphens, 63 at most, and no hyphen first"
        )
    return name


ColumnName = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]
Paths = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_listed)]


class CampaignSection(Section):
    """What to search, how long, and where to keep the results."""

    name: Annotated[str, AfterValidator(_checked_name)] = Field(
        default="campaign",
        description="Name of the campaign: lower-case letters, digits and hyphens.",
    )
    space: Paths = Field(
        min_length=1,
        description="Search space: a folder made by `molsteer space build`, or one or several "
        "files of molecules (lists of SMILES, CSV and other tables, also packed), which are then "
        "built into one space inside the run directory.",
    )
    smiles_column: ColumnName | None = Field(
        default=None,
        description="Column of SMILES in these files: its heading, or its number, from 1, where "
        "there are no headings; if not given, the usual headings are looked for.",
    )
    charged: Charged = Field(
        default="keep",
        description="Molecules with a charge, when the space is built here: kept, or left out. "
        "Potentials of cations lie far above those of neutral molecules and lead every list.",
    )
    salts: Salts = Field(
        default="leave-out",
        description="Rows of several fragments, when the space is built here: left out, or their "
        "largest organic fragment is kept, as it is written or made neutral with protons.",
    )
    training_set: Path | None = Field(
        default=None,
        description="Labels known before: a table with the columns smiles and adiabatic_eV, or "
        "JSON Lines of molecular-design's MoleculeData or of QCSchema results; also packed.",
    )
    training_smiles_column: ColumnName | None = Field(
        default=None, description="Column of SMILES in a table of labels, as `smiles_column`."
    )
    training_label_column: ColumnName | None = Field(
        default=None,
        description="Column of adiabatic ionization potentials in eV in a table of labels; if not "
        "given, adiabatic_eV or ip_eV.",
    )
    run_dir: Path | None = Field(
        default=None,
        description="Folder of everything this campaign writes; runs/NAME if not given.",
    )
    budget: PositiveInt = Field(
        default=100, description="Successful simulations after which the campaign ends."
    )
    seed: NonNegativeInt = Field(
        default=0, description="Seed of the first molecules and of the ensemble."
    )
    hit_above_eV: float | None = Field(
        default=None,
        description="Ionization potential in eV above which a molecule is a hit, where no "
        "`[[objective]]` says what is wanted; without it, hits are not counted.",
    )


class PolicySection(Section):
    """What runs next."""

    starter: Literal["random", "k-means"] = Field(
        default="random",
        description="How the first molecules are chosen, before there is a model: at random, or as "
        "many as the first training needs from the middles of clusters of similar molecules.",
    )
    first_training_after: PositiveInt = Field(
        default=32,
        description="Labels that the first training waits for, unless there are `train.models`.",
    )
    retrain_after: PositiveInt = Field(
        default=16, description="New labels after which the ensemble is trained again."
    )
    buffer: NonNegativeInt = Field(
        default=2, description="Simulations that wait in the queue beyond the running ones."
    )
    shortlist: PositiveInt = Field(
        default=500, description="Best candidates that steering keeps at hand."
    )
    during_update: Literal["continue", "hold-while-training", "pause"] = Field(
        default="continue",
        description="New simulations while models are updated: go on, none while members train, "
        "or none until the new ranking is there.",
    )
    start_from: Literal["warm", "scratch"] = Field(
        default="warm", description="Train on from the last weights, or begin with new ones."
    )
    merge: Literal["progressive", "complete"] = Field(
        default="progressive",
        description="Use each chunk's candidates as they arrive, or all of them together.",
    )
    inference: Literal["ensemble", "model"] = Field(
        default="ensemble",
        description="Score the search space when all members are trained (ensemble), or let each "
        "group of members predict it while others are still being trained (model).",
    )
    acquisition: PluginName = Field(
        default="ucb",
        description="How candidates are ranked: ucb by mean plus beta times spread, greedy by the "
        "mean alone; packages may offer others.",
    )
    beta: NonNegativeFloat = Field(
        default=1.0, description="Weight of the ensemble's spread in the ranking."
    )
    attempts: PositiveInt = Field(
        default=2,
        description="How often a task is tried when it fails for a reason that may go away.",
    )
    max_starts: PositiveInt = Field(
        default=3,
        description="A task is given up after its process has died this many times; a start "
        "that ended with its whole worker does not count.",
    )
    failure_limit: PositiveInt = Field(
        default=20,
        description="The campaign ends as failing after so many molecules given up in a row.",
    )


class SimulateSection(TopicSection):
    """Quantum chemistry."""

    slots: PositiveInt = Field(
        default_factory=usable_cores,
        description="Simulations that run at the same time; one for each usable core if not given.",
    )
    level: PluginName = Field(
        default="xtb",
        description="Level of theory; xtb is GFN2-xTB, packages may offer others.",
    )
    solvent: Solvent | None = Field(
        default=None,
        description="What surrounds the molecules, as water; vacuum if not given.",
    )
    engine: Literal["auto", "tblite", "xtb-python", "qcengine"] = Field(
        default="auto", description="Program; auto takes the fastest that is installed."
    )
    accuracy: PositiveFloat = Field(
        default=0.05, description="Numerical accuracy of the density; smaller is tighter."
    )
    max_steps: PositiveInt = Field(
        default=300, description="Steps that one geometry relaxation may take."
    )
    multiplicity: Literal["rule", "lowest"] = Field(
        default="rule",
        description="Spin of the molecules: by the rule of docs/concepts.md, or as low as their "
        "electrons allow.",
    )
    time_limit_s: PositiveFloat = Field(
        default=600.0, description="Seconds after which a simulation is killed."
    )

    def as_level(self) -> Level:
        """Give the level that this section describes."""
        given = self.model_dump(include=set(SimulationSpec.model_fields))
        return Level(name=self.level, spec=SimulationSpec(method=self.level, **given))


class TrainSection(TopicSection):
    """The surrogate and its training."""

    slots: PositiveInt = Field(default=1, description="Training tasks at the same time.")
    members: PositiveInt | None = Field(
        default=None,
        description="Networks in the ensemble; if not given as many as `models` hold, or "
        f"{MEMBERS}.",
    )
    models: Paths = Field(
        default=(),
        description="Models that were trained before, which rank the space before anything is "
        "trained: .safetensors files of `molsteer export --format safetensors` or of a run "
        "directory. A single member stands for all.",
    )
    width: PositiveInt = Field(
        default=TrainingPlan().width, description="Features of each atom inside the network."
    )
    layers: PositiveInt = Field(
        default=TrainingPlan().layers, description="Rounds of message passing."
    )
    epochs: PositiveInt = Field(
        default=TrainingPlan().epochs, description="Passes over the training set at most."
    )
    batch_size: PositiveInt = Field(
        default=TrainingPlan().batch_size, description="Molecules in one training step."
    )
    learning_rate: PositiveFloat = Field(
        default=TrainingPlan().learning_rate, description="Step size at the start of a training."
    )
    patience: PositiveInt = Field(
        default=TrainingPlan().patience,
        description="Epochs without a better held-out error after which a member stops.",
    )
    deadline_s: PositiveFloat = Field(
        default=TrainingPlan().deadline_s,
        description="Seconds after which training returns the best weights it has.",
    )
    handler: str | None = Field(
        default=None,
        pattern=_HANDLER,
        description="Function that builds another trainer, as MODULE:FUNCTION, for the workers "
        "started here; the inferencer must know its weights.",
    )

    def plan(self) -> TrainingPlan:
        """Give the part that travels to the trainers."""
        return TrainingPlan(**self.model_dump(include=set(TrainingPlan.model_fields)))


class InferSection(TopicSection):
    """Scoring of the search space."""

    slots: PositiveInt = Field(default=1, description="Scoring tasks at the same time.")
    chunk_size: PositiveInt = Field(
        default=10_000, description="Molecules in one chunk, when the space is built here."
    )
    batch_size: PositiveInt = Field(default=512, description="Molecules scored in one pass.")
    time_limit_s: PositiveFloat = Field(
        default=3600.0, description="Seconds after which the scoring of a chunk is killed."
    )
    handler: str | None = Field(
        default=None,
        pattern=_HANDLER,
        description="Function that builds another inferencer, as MODULE:FUNCTION, for the workers "
        "started here.",
    )


class MetricsSection(Section):
    """Figures for Prometheus."""

    port: Annotated[int, Field(ge=0, le=65_535)] | None = Field(
        default=None,
        description="Port at which steering answers scrapes; none if not given, a free one for 0.",
    )
    host: str = Field(
        default="127.0.0.1",
        description="Address to answer at; only programs of this machine reach the usual one.",
    )
    targets_dir: Path | None = Field(
        default=None,
        description="Folder that Prometheus watches for targets (`file_sd_configs`), where this "
        "campaign is announced while it runs.",
    )
