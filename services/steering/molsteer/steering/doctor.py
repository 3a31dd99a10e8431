"""What `molsteer doctor` checks where campaigns are steered."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from molsteer.shared.doctor.check import Check, Finding
from molsteer.shared.doctor.machine import look_at_folder

if TYPE_CHECKING:
    from molsteer.steering.settings.campaign import CampaignSettings


def checks(file: Path | None) -> Iterator[Check]:
    """Offer the checks of a campaign's search space and run directory, or of a site.

    Raises:
        SettingsError: If the settings cannot be used.
    """
    if file is None:
        yield Check("run-directory", partial(look_at_folder, Path("runs")))
        return
    from molsteer.steering.settings.campaign import load_campaign
    from molsteer.steering.sites.profile import is_cluster, is_profile

    if is_profile(file):
        if is_cluster(file):
            yield Check("cluster", partial(look_at_cluster, file), limit_s=120.0)
        return
    settings = load_campaign(file, {})
    for source in settings.campaign.space:
        yield Check("search-space", partial(look_at_space, source, settings))
    yield Check("run-directory", partial(look_at_folder, settings.run_dir))


def look_at_space(source: Path, settings: CampaignSettings | None = None) -> Iterator[Finding]:
    """Check that a search space is there and complete, or a file to build it from."""
    from molsteer.steering.space.files.sources import MoleculesFile
    from molsteer.steering.space.manifest import read_manifest
    from molsteer.steering.start.features import check_features

    if source.is_dir():
        manifest = read_manifest(source)
        if settings:
            check_features(settings, source, manifest)
        told = ", with features" if manifest.features else ""
        yield Finding("ok", f"{source} holds {manifest.molecules:,} molecules{told}.")
        return
    column = settings.campaign.smiles_column if settings else None
    first = next(MoleculesFile(source, smiles_column=column).rows(), None)
    if first is None:
        yield Finding("problem", f"{source} holds no molecule.", "Name another file of molecules.")
    else:
        yield Finding("ok", f"{source} can be read; its first molecule is {first.smiles}.")


def look_at_cluster(file: Path) -> Iterator[Finding]:
    """Check that what a profile says can be brought up in its cluster; nothing is changed."""
    from molsteer.steering.sites.opening import open_cluster

    for sentence in open_cluster(file).looked_at():
        yield Finding("ok", sentence)
