"""How the Pareto front came about: its size and what it covered, simulation by simulation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from molsteer.shared.wire.properties import Objective
from molsteer.shared.wording import counted
from molsteer.steering.records.figures.pareto.front import front
from molsteer.steering.records.figures.pareto.hypervolume import hypervolume
from molsteer.steering.records.found import Found


@dataclass(frozen=True, slots=True)
class FrontAt:
    """The front after a simulation that changed it.

    Attributes:
        number: Place of the simulation in the order of settling, from 1.
        molecules: How many are on the front.
        covered: Part of the box between the worst and the best values of each objective, of all
            molecules that have a value of each, that lies below the front; 1 where one molecule is
            the best by all.
    """

    number: int
    molecules: int
    covered: float


def fronts(found: Sequence[Found], objectives: Sequence[Objective]) -> list[FrontAt]:
    """Follow the front; nothing for a single objective."""
    if len(objectives) < 2:
        return []
    completed = list(_completed(found, objectives))
    if not completed:
        return []
    table = np.array([merits for _, merits in completed])
    worst, best = table.min(axis=0), table.max(axis=0)
    width = np.where(best > worst, best - worst, 1.0)
    scaled = np.where(best > worst, (table - worst) / width, 1.0)
    history, standing = list[FrontAt](), list[list[float]]()
    for (number, _), row in zip(completed, scaled.tolist(), strict=True):
        if any(all(a >= b for a, b in zip(other, row, strict=True)) for other in standing):
            continue  # beaten, or equal to one that counts already
        standing = [[*standing, row][place] for place in front([*standing, row])]
        history.append(FrontAt(number, len(standing), hypervolume(standing)))
    return history


def told(history: Sequence[FrontAt]) -> str:
    """Say what the front covers, and when it did half and nine tenths of that."""
    if not history:
        return "No molecule has a value of each objective yet."
    end = history[-1].covered
    half, most = (
        next(each.number for each in history if each.covered >= part * end) for part in (0.5, 0.9)
    )
    return (
        f"The front covers {end:.0%} of what lies between the worst and the best values that were "
        f"found; half of that after {counted(half, 'simulation')}, nine tenths after {most:,}."
    )


def _completed(
    found: Sequence[Found], objectives: Sequence[Objective]
) -> Iterator[tuple[int, list[float]]]:
    """Give merits of molecules as soon as there is a value of each objective, with the number."""
    known = dict[int, dict[int, float]]()
    for each in found:
        of_molecule = known.setdefault(each.molecule, {})
        before = len(of_molecule)
        for place, objective in enumerate(objectives):
            if (value := each.value(objective.output)) is not None:
                of_molecule[place] = objective.merit(value)
        if before < len(of_molecule) == len(objectives):
            yield each.number, [of_molecule[place] for place in range(len(objectives))]
