"""Settings of a campaign: one TOML file, overruled by `MOLSTEER_*` variables, then by flags."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from molsteer.shared.errors import SettingsError
from molsteer.shared.settings.loading import FileSettings, load
from molsteer.shared.settings.sections import (
    QueueSettings,
    Section,
    StoreSettings,
    WorkersSection,
)
from molsteer.shared.wire.levels import limits_of
from molsteer.shared.wire.properties import Indicator, Limit, Objective, Output
from molsteer.shared.wire.specs import Acquisition, Level
from molsteer.shared.wire.topics import DEFAULT_POOL, Topic
from molsteer.steering.policy.plan import Rung
from molsteer.steering.settings.aims import (
    ObjectiveSection,
    leading,
    limits_from,
    objectives_from,
    output_of,
    outputs_from,
    problems_of,
    problems_of_threshold,
    rungs_from,
    wanted,
)
from molsteer.steering.settings.costs import CostsSection
from molsteer.steering.settings.filtering import FilterSection
from molsteer.steering.settings.kinds import other_kind
from molsteer.steering.settings.learning import InferSection, TrainSection
from molsteer.steering.settings.levels import (
    LevelSection,
    Problem,
    indicators_from,
    levels_from,
    problems_of_levels,
)
from molsteer.steering.settings.notify import NotifySection
from molsteer.steering.settings.replay import unit_in
from molsteer.steering.settings.sections import (
    CampaignSection,
    MetricsSection,
    PolicySection,
    SimulateSection,
)
from molsteer.steering.space.admission import Admission


class CampaignSettings(FileSettings):
    """Everything that describes one campaign."""

    campaign: CampaignSection
    level: tuple[LevelSection, ...] = ()
    objective: tuple[ObjectiveSection, ...] = ()
    filter: FilterSection = FilterSection()
    policy: PolicySection = PolicySection()
    simulate: SimulateSection = SimulateSection()
    train: TrainSection = TrainSection()
    infer: InferSection = InferSection()
    queue: QueueSettings = QueueSettings()
    stores: StoreSettings = StoreSettings()
    workers: WorkersSection = WorkersSection()
    metrics: MetricsSection = MetricsSection()
    notify: NotifySection = NotifySection()
    costs: CostsSection = CostsSection()

    @model_validator(mode="after")
    def _check_aims(self) -> Self:
        campaign, asked = self.campaign, self.asked
        problems = list(problems_of(self.level, asked, self.levels))
        if not self.objective:  # their places are in no table
            problems = [(_SHORT if at[0] == "objective" else at, said) for at, said in problems]
        if self.objective and campaign.property not in {None, leading(asked).property}:
            other = f"the leading objective wants {leading(asked).property}"
            problems.append((_SHORT, f"{other}; leave one of them out"))
        if campaign.hit_above_eV is not None:
            problems += problems_of_threshold(leading(asked))
        tables, in_list = self.level or (self.simulate,), bool(self.level)
        problems += problems_of_levels(self.levels, tables, in_list=in_list)
        if problems:
            raise ValidationError.from_exception_data("CampaignSettings", [*map(_shown, problems)])
        return self

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

    @model_validator(mode="after")
    def _check_models_are_known(self) -> Self:
        handlers = [f"{topic}.handler" for topic in self.handlers]
        if self.train.models and handlers:
            raise ValueError(
                f"train.models are of the built-in network, and {' and '.join(handlers)} bring "
                f"another; leave one of them out"
            )
        return self

    @model_validator(mode="after")
    def _check_columns_belong_to_a_table(self) -> Self:
        campaign = self.campaign
        for name in ("training_smiles_column", "training_label_column"):
            if campaign.training_set is None and getattr(campaign, name) is not None:
                raise ValueError(
                    f"campaign.{name} names a column of a training set, and there is none; leave "
                    f"it out, or give campaign.training_set"
                )
        return self

    @model_validator(mode="after")
    def _check_inferencer_can_predict(self) -> Self:
        if self.policy.inference == "model" and self.infer.handler:
            raise ValueError(
                "infer.handler brings an inferencer that scores whole ensembles; leave it out, or "
                'policy.inference = "model"'
            )
        return self

    @property
    def levels(self) -> tuple[Level, ...]:
        """The levels of theory, the first one first."""
        return levels_from(self.level, self.simulate.as_level())

    @property
    def table_columns(self) -> dict[str, str | None]:
        """The column of each level's answers in its table, where the settings name one."""
        default = self.simulate.table_column
        if not self.level:
            return {self.levels[0].name: default}
        return {
            each.name: default if each.table is None else each.table_column for each in self.level
        }

    def smiles_column_of(self, table: Path) -> str | None:
        """Give the column of SMILES in a table of answers, where the settings name one."""
        return self.campaign.smiles_column if table in self.campaign.space else None

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """The levels above the first, as the policy knows them."""
        return rungs_from(self.level)

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """What is wanted, the leading objective first."""
        return objectives_from(self.asked, self.levels)

    @property
    def limits(self) -> tuple[Limit, ...]:
        """What molecules have to keep to."""
        return limits_from(self.asked, self.levels)

    @property
    def asked(self) -> tuple[ObjectiveSection, ...]:
        """The objectives as if all of them stood in the file."""
        campaign = self.campaign
        return wanted(self.objective, campaign.property, campaign.hit_above_eV)

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What models learn, in the order of their arrays."""
        return outputs_from(self.asked, self.levels, self.indicators)

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """Which of these tell about what is wanted at levels that do not compute it."""
        return indicators_from(self.level, leading(self.asked).property)

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

    def admission(self) -> Admission:
        """Tell which molecules are searched: those that all levels can compute and are wanted."""
        campaign, methods = self.campaign, [level.spec.method for level in self.levels]
        tightest = min(methods, key=lambda method: limits_of(method).heaviest)
        return Admission(
            level=tightest,
            charged=campaign.charged,
            salts=campaign.salts,
            filter=self.filter.as_filter(),
        )

    def acquisition(self) -> Acquisition:
        """Give the ranking rule that travels to the inferencers."""
        return Acquisition(kind=self.policy.acquisition, beta=self.policy.beta)


_SHORT = ("campaign", "property")
"""Says what is wanted where there are no objectives."""


def _shown(problem: Problem) -> InitErrorDetails:
    place, said = problem
    return InitErrorDetails(type=PydanticCustomError("aim", said), loc=place, input=None)


def load_campaign(file: Path | None, flags: Mapping[str, Mapping[str, object]]) -> CampaignSettings:
    """Read a campaign's settings; the file names molecules, labels and models from its folder.

    Raises:
        SettingsError: If any setting cannot be used; all problems are named at once.
    """
    if file and (problem := other_kind(file)):
        raise SettingsError(str(file), [problem])
    settings = load(CampaignSettings, file, {"campaign": {}} | dict(flags))
    return _with_units(settings if file is None else _located(settings, file.parent, flags))


_FILES = (
    *(("campaign", "space"), ("campaign", "training_set"), ("train", "models")),
    ("notify", "url_file"),
    *(("simulate", "table"), ("campaign", "truth")),
)
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
    levels = [
        level if level.table is None else level.model_copy(update={"table": folder / level.table})
        for level in settings.level
    ]
    return settings.model_copy(update={"level": tuple(levels)})


def _with_units(settings: CampaignSettings) -> CampaignSettings:
    """Fill in units of objectives as the tables have them that answer."""
    tables = {each.name: each.spec.table for each in settings.levels if each.spec.table is not None}
    problems: list[str] = []

    def found(level: str, name: str, unit: str | None) -> str | None:
        if (table := tables.get(level)) is None:
            return unit
        column, chosen = settings.smiles_column_of(table), settings.table_columns[level]
        try:
            return unit_in(table, column, name, unit, chosen)
        except ValueError as error:
            problems.append(str(error))
            return unit

    objectives, levels = list(settings.asked), list(settings.level)
    for place, each in enumerate(objectives):
        unit = found(output_of(each, settings.levels).level, each.property, each.unit)
        objectives[place] = each.model_copy(update={"unit": unit})
    for place, level in enumerate(levels):
        if level.indicator is not None:
            unit = found(level.name, level.indicator, level.indicator_unit)
            levels[place] = level.model_copy(update={"indicator_unit": unit})
    if problems:
        raise SettingsError("this campaign", list(dict.fromkeys(problems)))
    changed = {"objective": tuple(objectives), "level": tuple(levels)}
    return settings.model_copy(update=changed) if tables else settings
