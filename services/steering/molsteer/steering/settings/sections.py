"""The sections of a campaign's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from molsteer.shared.host.cores import usable_cores
from molsteer.shared.settings.sections import Section, TopicSection
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.properties import PropertyName
from molsteer.shared.wire.specs import (
    OF_GAINS,
    Level,
    PluginName,
    SimulationSpec,
    Solvent,
)
from molsteer.steering.settings.amounts import Amount, Percentage
from molsteer.steering.settings.kinds import CampaignName, ColumnName, Paths
from molsteer.steering.settings.levels import VACUUM
from molsteer.steering.settings.programs import ProgramSettings
from molsteer.steering.settings.replay import ReplaySettings
from molsteer.steering.space.admission import Charged, Salts


class CampaignSection(Section):
    """What to search, how long, and where to keep the results."""

    name: CampaignName = Field(
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
        "Energies of ions lie far from those of neutral molecules, so that they lead or end most "
        "lists.",
    )
    salts: Salts = Field(
        default="leave-out",
        description="Rows of several fragments, when the space is built here: left out, or their "
        "largest organic fragment is kept, as it is written or made neutral with protons.",
    )
    training_set: Path | None = Field(
        default=None,
        description="Labels known before, of the leading objective's property and level: a table "
        "with a column smiles and one called as the property, as homo_lumo_gap, with or without "
        "its unit, as homo_lumo_gap_eV; for ionization potentials also JSON Lines of "
        "molecular-design's MoleculeData or of QCSchema results; also packed.",
    )
    training_smiles_column: ColumnName | None = Field(
        default=None, description="Column of SMILES in a table of labels, as `smiles_column`."
    )
    training_label_column: ColumnName | None = Field(
        default=None,
        description="Column of labels in such a table, in the property's unit; if not given, the "
        "one called as the property, or adiabatic_eV or ip_eV for the adiabatic potential.",
    )
    truth: Path | None = Field(
        default=None,
        description="Table of true values of the leading objective's property, laid out as "
        "`simulate.table`, by which reports tell how many of the best were found; that of the "
        "level where it is replay.",
    )
    truth_top: Amount = Field(
        default=Percentage("1%"),
        description="How many molecules of such a table are the best, or which percentage of them.",
    )
    run_dir: Path | None = Field(
        default=None,
        description="Folder of everything this campaign writes; runs/NAME if not given.",
    )
    budget: Amount = Field(
        default=100,
        description="Simulations at the first level after which the campaign ends, or a percentage "
        "of the molecules, as 1%.",
    )
    budget_counts: Literal["successes", "attempts"] = Field(
        default="successes",
        description="What the budget counts: simulations that succeeded, or molecules that failed "
        "for good as well.",
    )
    seed: NonNegativeInt = Field(
        default=0, description="Seed of the first molecules and of the ensemble."
    )
    property: PropertyName | None = Field(
        default=None,
        description="Property whose highest values are looked for, where no `[[objective]]` says "
        f"what is wanted; {ADIABATIC_IP} if not given.",
    )
    hit_above_eV: float | None = Field(
        default=None,
        description="Value in eV above which a molecule is a hit, for the leading objective, "
        "whatever that says itself; without a threshold, hits are not spoken of.",
    )


class PolicySection(Section):
    """What runs next."""

    starter: Literal["random", "k-means"] = Field(
        default="random",
        description="How the first molecules are chosen, before there is a model: at random, or as "
        "many as the first training needs from the middles of clusters of similar molecules.",
    )
    first_training_after: Amount = Field(
        default=32,
        description="Labels that the first training waits for, unless there are `train.models`, or "
        "a percentage of the molecules.",
    )
    retrain_after: Amount = Field(
        default=16,
        description="New labels after which models are trained again, or a percentage of the "
        "molecules.",
    )
    buffer: NonNegativeInt = Field(
        default=2, description="Simulations that wait in the queue beyond the running ones."
    )
    shortlist: PositiveInt = Field(
        default=500,
        description="Best candidates that steering keeps at hand; more where the labels between "
        "two trainings need more.",
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
        "mean alone, ei by expected improvement on the best so far, pi by the probability of one, "
        "pareto by how far they may lie beyond what several objectives have reached, ehvi by how "
        "much more the Pareto front of up to three would cover, thompson by "
        "a draw from what may be, random by chance; packages may offer others.",
    )
    beta: NonNegativeFloat = Field(
        default=1.0, description="Weight of the spread in the ranking by ucb and pareto."
    )
    promotion: Literal["share", "price"] = Field(
        default="share",
        description="Who climbs to a further level, and when: the best by the level before, as "
        "soon as the level's share allows (share), or whoever promises more for what is still to "
        "be paid than the next new molecule, by models and the level before together (price).",
    )
    cost_aware: bool = Field(
        default=False,
        description="Rank by the score per expected second, from the times and failures so far by "
        "the number of atoms; for the rules ei and pi.",
    )
    control_share: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.05,
        description="Part of the molecules that chance chooses once models do, as a control of "
        "how much better than random they are; 0 for none.",
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

    @model_validator(mode="after")
    def _check_gains_can_be_divided(self) -> Self:
        if self.cost_aware and self.acquisition not in OF_GAINS:
            raise ValueError(
                f"cost_aware divides a gain by a time, and {self.acquisition!r} gives no gain; set "
                f'acquisition = "ei" or "pi", or leave cost_aware out'
            )
        return self


class SimulateSection(TopicSection, ProgramSettings, ReplaySettings):
    """Quantum chemistry."""

    slots: PositiveInt = Field(
        default_factory=usable_cores,
        description="Simulations that run at the same time; one for each usable core if not given.",
    )
    level: PluginName = Field(
        default="xtb",
        description="Level of theory; xtb is GFN2-xTB, xtb-vertical the same without a relaxation, "
        "qcengine another `program`, replay answers from a `table`; small_basis, normal_basis and "
        "diffuse_basis are NWChem's B3LYP, and packages may offer others.",
    )
    solvent: Solvent | None = Field(
        default=None,
        description=f"What surrounds the molecules, as water; {VACUUM} if not given.",
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
        given = self.model_dump(include=set(SimulationSpec.model_fields), exclude_none=True)
        if self.solvent == VACUUM:
            given["solvent"] = None
        return Level(name=self.level, spec=SimulationSpec(method=self.level, **given))


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
