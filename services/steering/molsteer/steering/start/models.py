"""Models that were trained before, with which a campaign begins."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from molsteer.shared.wire.ensemble import Architecture
from molsteer.steering.errors import UnusableModels
from molsteer.steering.ledger import results
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.run_files import write_file
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.learning import MEMBERS
from molsteer.steering.start.model_files import NoWeights, Weights, read_weights, stacked

FILE = Path("models") / "given.safetensors"


def read_given(settings: CampaignSettings) -> Weights | None:
    """Read the models of the settings as one ensemble; None if none are named.

    A single member stands for the whole ensemble, as often as that has members.

    Raises:
        UnusableModels: If they are not what the settings say; all problems are named at once.
    """
    train = settings.train
    parts: list[Weights] = []
    problems: list[str] = []
    for file in train.models:
        try:
            part = read_weights(file)
        except NoWeights as error:
            problems.append(f"{file}: {error}")
        else:
            problems += (f"{file}: {problem}" for problem in _misfits(part, settings, parts))
            parts.append(part)
    if problems:
        raise UnusableModels(problems)
    return _whole(parts, train.members) if parts else None


def sized(settings: CampaignSettings, given: Weights | None) -> CampaignSettings:
    """Fill in the size of the ensemble."""
    members = given.members if given else settings.train.members or MEMBERS
    train = settings.train.model_copy(update={"members": members})
    return settings.model_copy(update={"train": train})


def digest(given: Weights) -> str:
    """Name models by what they hold."""
    return hashlib.sha256(given.to_bytes()).hexdigest()


def keep_given(given: Weights | None, run_dir: Path, ledger: Ledger) -> None:
    """Copy what `read_given` gave into the run directory, unless the campaign has begun."""
    if given and not ledger.has_events:
        write_file(run_dir, FILE, given.to_bytes())
        with ledger.transaction():
            results.set_given(ledger, FILE, digest(given))


def _misfits(part: Weights, settings: CampaignSettings, earlier: list[Weights]) -> Iterator[str]:
    train, manifest = settings.train, part.manifest
    wanted = Architecture(width=train.width, layers=train.layers, outputs=len(manifest.outputs))
    if unlike := manifest.differences(settings.outputs):
        yield (
            f"The models in it are for another campaign: {unlike[0]}. Choose objectives and levels "
            f"as they were trained for, or other models."
        )
    if differences := manifest.architecture.differences(wanted):
        yield (
            f"It is of another architecture: {'; '.join(differences)}. Give train.width and "
            f"train.layers as it was trained with, or choose other models."
        )
    elif earlier and part.shapes != earlier[0].shapes:
        yield "It is damaged: its tensors are not those of the first file. Export it again."


def _whole(parts: list[Weights], wanted: int | None) -> Weights:
    whole = stacked(parts)
    if whole.members == 1:
        return stacked(parts * (wanted or MEMBERS))
    if wanted not in (None, whole.members):
        raise UnusableModels(
            [
                f"They have {whole.members} members together, and train.members is {wanted}. Give "
                f"as many members, or one alone, or leave train.members out."
            ]
        )
    return whole
