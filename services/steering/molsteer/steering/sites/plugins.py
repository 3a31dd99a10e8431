"""Looks for what a campaign's settings name and other packages offer."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

from molsteer.shared.errors import SettingsError
from molsteer.shared.plugins import Kind, PluginMissing, find_plugin
from molsteer.shared.wire.topics import DEFAULT_POOL, Topic
from molsteer.steering.settings.campaign import CampaignSettings

MOST_OF_A_VOLUME = 3
"""Objectives up to which the expected hypervolume improvement is reckoned in a moment."""


def check_plugins(settings: CampaignSettings) -> None:
    """Make sure that the workers started here will know what the settings name.

    Nothing is imported. What workers elsewhere know, they tell with their first task.

    Raises:
        SettingsError: If something is missing or does not fit; all of it is named at once.
    """
    here = [topic for topic, pool in settings.pools.items() if pool == DEFAULT_POOL]
    problems = list(_problems(settings, here)) if settings.workers.local else []
    if settings.policy.acquisition == "ehvi" and len(settings.objectives) > MOST_OF_A_VOLUME:
        problems.append(
            f"[policy] acquisition: ehvi measures a volume of up to {MOST_OF_A_VOLUME} objectives, "
            f"and there are {len(settings.objectives)}; take pareto."
        )
    if problems:
        raise SettingsError("this campaign", problems)


def _problems(settings: CampaignSettings, topics: Sequence[Topic]) -> Iterator[str]:
    named: tuple[tuple[Topic, str, Kind, str], ...] = (
        *(("simulate", place, "level of theory", method) for method, place in _methods(settings)),
        ("infer", "[policy] acquisition", "acquisition", settings.policy.acquisition),
    )
    for topic, place, kind, name in named:
        try:
            if topic in topics:
                find_plugin(kind, name)
        except PluginMissing as error:
            yield f"{place}: {error}"
    for topic, handler in settings.handlers.items():
        package = handler.split(":")[0].split(".")[0]
        if topic in topics and not _is_importable(package):
            yield (
                f"[{topic}] handler: There is no Python package {package!r} here. Install it, or "
                f"start where it is."
            )


def _methods(settings: CampaignSettings) -> Iterator[tuple[str, str]]:
    """Name the methods of all levels, each once, and where it is named first."""
    places: dict[str, str] = {}
    for number, given in enumerate(settings.level, start=1):
        if given.method is not None:
            places.setdefault(given.method, f"[[level]] {number}, method")
    for level in settings.levels:
        places.setdefault(level.spec.method, "[simulate] level")
    yield from places.items()


def _is_importable(package: str) -> bool:
    # Workers see the modules of the working folder as well, which this process may not.
    here = [str(Path.cwd()), *sys.path]
    return bool(find_spec(package) or PathFinder.find_spec(package, here))
