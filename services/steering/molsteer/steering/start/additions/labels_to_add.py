"""Labels from files and from other campaigns, to be added to one that has begun."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from molsteer.shared.wire.properties import Output
from molsteer.shared.wire.specs import Level
from molsteer.steering.errors import LEDGER_FILE, UnusableTrainingSet
from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.ledger.resting import look_into
from molsteer.steering.ledger.steering_lock import is_held
from molsteer.steering.records.aims import levels
from molsteer.steering.records.found import labels_at
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.start.training_set import SAME_WITHIN, Columns, read_training_set

_NOT_COMPUTED = {"table", "speed"}
"""Details of a level on which none of its values depends."""


def labels_to_add(source: Path, settings: CampaignSettings, columns: Columns) -> list[KnownLabel]:
    """Read labels of what the leading objective of a campaign wants.

    Args:
        source: A training set, see `read_training_set`, or the run directory of a campaign.
        settings: Of the campaign that they are for.
        columns: Which columns of a table are read.

    Raises:
        UnusableTrainingSet: If it cannot be read, or holds no such label.
        NoCampaign, UnknownLedger: If a run directory cannot be read.
    """
    output = settings.objectives[0].output
    (level,) = (level for level in settings.levels if level.name == output.level)
    if (source / LEDGER_FILE).is_file():
        return _of_campaign(source, output, level)
    return read_training_set(source, output, level, columns)


def _of_campaign(run_dir: Path, output: Output, level: Level) -> list[KnownLabel]:
    with closing(look_into(run_dir, held=is_held(run_dir))) as ledger:
        theirs = [each for each in levels(ledger) if _recipe(each) == _recipe(level)]
        if not theirs:
            raise UnusableTrainingSet(run_dir, [*_differences(levels(ledger), level)])
        found: dict[str, float] = {}
        for each in theirs:
            for smiles, value, unit in labels_at(ledger, each.name, output.name):
                if unit != output.unit:
                    told = f"{output.name} is in {unit!r} there, and in {output.unit!r} here"
                    raise UnusableTrainingSet(run_dir, [f"{told}. Give a table in this unit."])
                if abs(found.setdefault(smiles, value) - value) > SAME_WITHIN:
                    told = f"{smiles} has {found[smiles]:g} and {value:g} {unit}"
                    raise UnusableTrainingSet(run_dir, [f"{told.rstrip()}. Give a table of one."])
    if not found:
        none = f"It has no {output.name} at a level like {level.name}"
        raise UnusableTrainingSet(run_dir, [f"{none}. Wait until it has, or name another one."])
    return [
        KnownLabel(smiles, value, output.level, output.name, output.unit)
        for smiles, value in found.items()
    ]


def _recipe(level: Level) -> dict[str, object]:
    """Give what values depend on; a table that is replayed is kept under its digest."""
    table = level.spec.table
    return level.spec.model_dump(exclude=_NOT_COMPUTED) | {"of": table and table.stem}


def _differences(theirs: tuple[Level, ...], level: Level) -> Iterator[str]:
    wanted = _recipe(level)
    for each in theirs:
        found = _recipe(each)
        different = ", ".join(
            f"{name} is {found[name]!r} there and {wanted[name]!r} here"
            for name in wanted
            if found[name] != wanted[name]
        )
        yield f"Its level {each.name} is not {level.name} of this campaign: {different}."
    yield "Labels of different recipes do not compare. Name a campaign with the same level."
