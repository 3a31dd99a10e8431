"""Levels: the tables of a campaign's file, and what they come to.

A file without them has one, which [simulate] describes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from molsteer.shared.wire.properties import LevelName
from molsteer.shared.wire.specs import REPLAY, Level, PluginName, SimulationSpec, Solvent
from molsteer.steering.settings.programs import ProgramSettings, for_its_method
from molsteer.steering.settings.replay import ReplaySettings

SHARE = 0.1
"""Part of the molecules that climb to the next level, where nothing else is said."""

VACUUM = "vacuum"
"""Instead of a solvent, at a level whose likes have one."""


class LevelSection(ProgramSettings, ReplaySettings):
    """A level of theory; the first one is for all molecules, each further one for the best."""

    name: LevelName = Field(description="Name of the level, as objectives and results know it.")
    method: PluginName | None = Field(
        default=None, description="Level of theory by name; `simulate.level` if not given."
    )
    solvent: Solvent | None = Field(
        default=None,
        description=f"What surrounds the molecules, or {VACUUM}; `simulate.solvent` if not given.",
    )
    engine: Literal["auto", "tblite", "xtb-python", "qcengine"] | None = Field(
        default=None, description="Program; `simulate.engine` if not given."
    )
    accuracy: PositiveFloat | None = Field(
        default=None, description="Numerical accuracy; `simulate.accuracy` if not given."
    )
    max_steps: PositiveInt | None = Field(
        default=None, description="Steps of a relaxation; `simulate.max_steps` if not given."
    )
    multiplicity: Literal["rule", "lowest"] | None = Field(
        default=None, description="Spin of the molecules; `simulate.multiplicity` if not given."
    )
    share: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None,
        description="Part of the molecules of the level before that are simulated at this one as "
        f"well, the best first; {SHARE} if not given. The first level has none.",
    )
    price_s: PositiveFloat | None = Field(
        default=None,
        description="Core-seconds of a simulation, where policy.promotion is price; if not given, "
        "what those of the campaign take.",
    )


def levels_from(sections: Sequence[LevelSection], default: Level) -> tuple[Level, ...]:
    """Give the levels of a campaign, the first one first.

    Args:
        sections: As they stand in the file.
        default: The only level of a file without them, and what they leave open.
    """
    return tuple(_level(section, default.spec) for section in sections) or (default,)


def _level(section: LevelSection, default: SimulationSpec) -> Level:
    given = section.model_dump(include=set(SimulationSpec.model_fields), exclude_none=True)
    if section.solvent == VACUUM:
        given["solvent"] = None
    spec = default.model_copy(update=given)
    if spec.method != REPLAY and section.table is None:
        spec = spec.model_copy(update={"table": None, "speed": None})
    return Level(name=section.name, spec=for_its_method(spec, section))
