"""Figures of a report as a page shows them: each by an address of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from molsteer.steering.dashboard.campaigns import Campaign, Told


@dataclass(frozen=True, slots=True)
class Figure:
    """What a template needs of a figure, by the names of `Drawing`.

    Attributes:
        title: What it shows.
        told: What a reader sees in it.
        size: Width and height in inches.
        source: Its address, another one once the campaign has gone on.
    """

    title: str
    told: str
    size: tuple[float, float]
    source: str


def figures(campaign: Campaign, told: Told | None, *sections: str) -> Sequence[Figure]:
    """Give the figures of some parts of the report."""
    if told is None:
        return ()
    mark = quote(told.mark)
    return [
        Figure(
            each.title, each.told, each.size, f"/c/{campaign.key}/figures/{each.name}.svg?at={mark}"
        )
        for section in sections
        for each in told.drawings[section]
    ]
