"""What machines cost."""

from __future__ import annotations

from pydantic import Field, NonNegativeFloat

from molsteer.shared.settings.sections import Section


class CostsSection(Section):
    """What an hour of the machines costs."""

    per_core_hour: NonNegativeFloat | None = Field(
        default=None, description="Price of an hour of one core; costs are not told if not given."
    )
    per_gpu_hour: NonNegativeFloat | None = Field(
        default=None,
        description="Price of an hour of one GPU, beside that of the cores.",
    )
    currency: str = Field(
        default="EUR",
        min_length=1,
        max_length=12,
        pattern=r"^[^\W\d_]+[^\n]*$",
        description="What prices are in; allocation units have names as well.",
    )
