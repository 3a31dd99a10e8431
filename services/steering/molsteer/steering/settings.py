"""Settings of a campaign: one TOML file, overruled by `MOLSTEER_*` variables, then by flags."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)
from pydantic_core import from_json
from pydantic_settings import NoDecode

from molsteer.shared.bus.keys import DEFAULT_POOL
from molsteer.shared.messages import Topic
from molsteer.shared.settings.loading import FileSettings, load
from molsteer.shared.settings.sections import (
    QueueSettings,
    Section,
    StoreSettings,
    TopicSection,
    WorkersSection,
)
from molsteer.shared.specs import Acquisition, PluginName, SimulationSpec, TrainingPlan

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


Paths = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_listed)]


class CampaignSection(Section):
    """What to search, how long, and where to keep the results."""

    name: str = Field(
        default="campaign",
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$",
        description="Name of the campaign: lower-case letters, digits and hyphens.",
    )
    space: Paths = Field(
        min_length=1,
        description="Search space: a folder made by `molsteer space build`, or one or several "
        "files of molecules (.smi, .csv, also .gz), which are then built into one space inside "
        "the run directory.",
    )
    training_set: Path | None = Field(
        default=None,
        description="Labels known before: a CSV file with the columns smiles and adiabatic_eV, or "
        "JSON Lines of the seeds' MoleculeData (.jsonl, .json); also .gz.",
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
    hit_above_eV: float = Field(
        default=14.5, description="Ionization potential in eV above which a molecule is a hit."
    )


class PolicySection(Section):
    """What runs next."""

    starter: Literal["random", "k-means"] = Field(
        default="random",
        description="Molecules that are simulated before there is a model: drawn at random, or so "
        "many as the first training waits for from the middles of clusters of similar molecules.",
    )
    first_training_after: PositiveInt = Field(
        default=32, description="Labels that the first training waits for."
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
        description="While models are updated: go on, stop refilling the queue while they train, "
        "or stop refilling it until the new ranking is there.",
    )
    start_from: Literal["warm", "scratch"] = Field(
        default="warm", description="Train on from the last weights, or from new ones."
    )
    merge: Literal["progressive", "complete"] = Field(
        default="progressive",
        description="Use each chunk's candidates as they arrive, or all of them together.",
    )
    acquisition: PluginName = Field(
        default="ucb",
        description="How candidates are ranked: ucb by mean plus beta times spread, greedy by the "
        "mean alone; packages may offer others.",
    )
    beta: NonNegativeFloat = Field(
        default=1.0, description="Weight of the ensemble's spread in the ranking."
    )
    attempts: PositiveInt = Field(default=2, description="Tries of a task whose failure may pass.")
    max_starts: PositiveInt = Field(
        default=3,
        description="Times that a task may take its worker's process down before it is given up.",
    )
    failure_limit: PositiveInt = Field(
        default=20,
        description="Simulations given up in a row after which the campaign ends as failing.",
    )


class SimulateSection(TopicSection):
    """Quantum chemistry."""

    slots: PositiveInt = Field(
        default_factory=lambda: len(os.sched_getaffinity(0)),
        description="Simulations that run at the same time; one for each usable core if not given.",
    )
    level: PluginName = Field(
        default="xtb",
        description="Level of theory; xtb is GFN2-xTB, packages may offer others.",
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
    time_limit_s: PositiveFloat = Field(
        default=600.0, description="Seconds after which a simulation is killed."
    )

    def specification(self) -> SimulationSpec:
        """Give the part that travels to the simulators."""
        return SimulationSpec(**self.model_dump(include=set(SimulationSpec.model_fields)))


class TrainSection(TopicSection):
    """The surrogate and its training."""

    slots: PositiveInt = Field(default=1, description="Training tasks at the same time.")
    members: PositiveInt = Field(default=8, description="Networks in the ensemble.")
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


class CampaignSettings(FileSettings):
    """Everything that describes one campaign."""

    campaign: CampaignSection
    policy: PolicySection = PolicySection()
    simulate: SimulateSection = SimulateSection()
    train: TrainSection = TrainSection()
    infer: InferSection = InferSection()
    queue: QueueSettings = QueueSettings()
    stores: StoreSettings = StoreSettings()
    workers: WorkersSection = WorkersSection()

    @model_validator(mode="after")
    def _check_workers_reach_the_server(self) -> Self:
        if self.workers.server == "external":
            return self
        elsewhere = [f"{topic}.pool" for topic, pool in self.pools.items() if pool != DEFAULT_POOL]
        elsewhere += [] if self.workers.local else ["workers.local = false"]
        if elsewhere:
            raise ValueError(
                f"workers that are started elsewhere ({', '.join(elsewhere)}) cannot reach the "
                f'embedded server; set workers.server = "external" and queue.redis_url'
            )
        return self

    @property
    def run_dir(self) -> Path:
        """The folder of everything the campaign writes."""
        return self.campaign.run_dir or Path("runs") / self.campaign.name

    @property
    def pools(self) -> dict[Topic, str]:
        """The pool of workers that each topic's tasks go to."""
        return {"simulate": self.simulate.pool, "train": self.train.pool, "infer": self.infer.pool}

    @property
    def handlers(self) -> dict[Topic, str]:
        """The functions that build what does the work, where it is not the installed service's."""
        given: dict[Topic, str | None] = {"train": self.train.handler, "infer": self.infer.handler}
        return {topic: handler for topic, handler in given.items() if handler}

    def acquisition(self) -> Acquisition:
        """Give the ranking rule that travels to the inferencers."""
        return Acquisition(kind=self.policy.acquisition, beta=self.policy.beta)


def load_campaign(file: Path | None, flags: Mapping[str, Mapping[str, object]]) -> CampaignSettings:
    """Read a campaign's settings; relative files in the file are taken from the file's folder.

    Raises:
        SettingsError: If any setting cannot be used; all problems are named at once.
    """
    settings = load(CampaignSettings, file, {"campaign": {}} | dict(flags))
    return settings if file is None else _located(settings, file.parent, flags)


_FILES = (("campaign", "space"), ("campaign", "training_set"))
"""Settings that name files, which those in a campaign's file name from where it is."""


def _located(
    settings: CampaignSettings, folder: Path, flags: Mapping[str, Mapping[str, object]]
) -> CampaignSettings:
    variables = {name.upper() for name in os.environ}
    for section, key in _FILES:
        if key in flags.get(section, {}) or f"MOLSTEER_{section}__{key}".upper() in variables:
            continue
        holder: Section = getattr(settings, section)
        match getattr(holder, key):
            case tuple(paths):
                located: object = tuple(folder / path for path in paths)
            case Path() as path:
                located = folder / path
            case _:
                continue
        changed = holder.model_copy(update={key: located})
        settings = settings.model_copy(update={section: changed})
    return settings
