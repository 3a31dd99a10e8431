"""Finds out what kind of place a site is."""

from __future__ import annotations

from pathlib import Path

from molsteer.steering.sites.deployment.deployment import open_deployment
from molsteer.steering.sites.deployment.managed import Blocks
from molsteer.steering.sites.kubernetes.cluster import Cluster
from molsteer.steering.sites.kubernetes.profile import load_cluster_profile
from molsteer.steering.sites.managed import ManagedSite
from molsteer.steering.sites.profile import find_profile, is_cluster


def open_site(name: str) -> ManagedSite:
    """Find a site's profile, and what brings it up and down; nothing is made.

    Raises:
        UnknownSite: If there is no such profile.
        SettingsError: If it cannot be used.
    """
    file = find_profile(name)
    if not is_cluster(file):
        return Blocks(open_deployment(name))
    return open_cluster(file)


def open_cluster(file: Path) -> Cluster:
    """Read the profile of a cluster; raises as `open_site`."""
    profile = load_cluster_profile(file)
    folder = profile.site.directory or file.with_suffix("")
    return Cluster(file.stem, Path(folder).absolute(), profile)
