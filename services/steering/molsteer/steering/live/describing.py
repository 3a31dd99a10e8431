"""Tells a campaign's progress in a line of words; nothing is loaded to draw on a screen."""

from __future__ import annotations

from molsteer.shared.cli.screen.time_left import in_round_numbers
from molsteer.shared.foreign_text import one_line
from molsteer.shared.wire.properties import Quantity, written
from molsteer.shared.wording import counted
from molsteer.steering.records.figures.advantage import in_short
from molsteer.steering.records.progress import Progress
from molsteer.steering.records.titles import title


def describe(progress: Progress, left_s: float | None = None) -> list[str]:
    """Tell a campaign's progress in a few short parts.

    Args:
        progress: The progress.
        left_s: The time left, where it is steadier than that of this moment.
    """
    parts = [
        f"{_simulated(progress)}, {progress.in_flight} in flight",
        *([] if progress.hits is None else [counted(progress.hits, "hit")]),
    ]
    if progress.best is not None:
        name = title(progress.best_own)
        named = f" ({name})" if name else ""
        best = short(progress.best)
        parts.append(f"best {best} {one_line(progress.best_smiles or '')}{named}")
    parts.append(one_line(progress.activity))
    if progress.validation_mae is not None:
        parts.append(f"model {progress.generation}, error {short(progress.validation_mae)}")
    if (better := progress.against_chance) and better.times_better and better.chosen_hits:
        parts.append(f"hits {in_short(better.times_better)} as often as at random")
    if progress.given_up:
        parts.append(f"{progress.given_up} given up")
    left_s = progress.left_s if left_s is None else left_s
    if progress.rate_per_min is not None and left_s:
        parts.append(f"{progress.rate_per_min:.0f}/min, {in_round_numbers(left_s)} left")
    return parts


def short(quantity: Quantity) -> str:
    """Write a number in as few digits as a glance takes in."""
    return written(quantity.value, quantity.unit, 2)


def _simulated(progress: Progress) -> str:
    """Tell how many there are of how many, level by level where there are several."""
    if len(progress.levels) < 2:
        return f"{progress.done}/{progress.budget} simulated"
    levels = [f"{each.done}/{each.budget} {one_line(each.level)}" for each in progress.levels]
    return f"{', '.join(levels)} simulated"
