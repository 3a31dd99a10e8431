"""Whether the molecules of a campaign have the features that its surrogates read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from molsteer.shared.wire.arrays.features import FEATURES
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.space.errors import NoFeatures
from molsteer.steering.space.manifest import Manifest, features_cure
from molsteer.steering.space.progress import Progress
from molsteer.steering.space.search_space import SearchSpace


def check_features(settings: CampaignSettings, folder: Path, manifest: Manifest) -> None:
    """See that a space has the features that surrogates read; those built here get them in time.

    Args:
        settings: The campaign's.
        folder: The space's.
        manifest: What the space says about itself.

    Raises:
        NoFeatures: If they are missing, or of another version.
    """
    surrogates, found = settings.train.on_features, manifest.features
    if not surrogates or (found and found.version == FEATURES):
        return
    if not _is_built_here(settings, folder):
        raise NoFeatures(folder, surrogates, features_cure(folder))


def with_features(
    settings: CampaignSettings, space: SearchSpace, on_progress: Callable[[Progress], None]
) -> SearchSpace:
    """Give a space with the features that surrogates read; they are computed if it was built here.

    Raises:
        NoFeatures: If they are missing in a space that was built elsewhere.
        SpaceError: If they cannot be computed.
    """
    if space.feature_chunks or not settings.train.on_features:
        return space
    check_features(settings, space.folder, space.manifest)
    from molsteer.steering.space.features.adding_features import add_features  # RDKit

    add_features(space.folder, on_progress=on_progress)
    return SearchSpace.open(space.folder)


def _is_built_here(settings: CampaignSettings, folder: Path) -> bool:
    return folder.resolve().parent == (settings.run_dir / "space").resolve()
