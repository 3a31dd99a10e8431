"""Profiles of sites that are Kubernetes clusters."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from molsteer.shared.errors import SettingsError
from molsteer.shared.settings.loading import FileSettings, load
from molsteer.shared.settings.sections import Section
from molsteer.steering.sites.sections import Line

OVERLAYS = Path("deploy") / "k8s" / "overlays"
"""Where an overlay is looked for by its name."""


class ClusterSiteSection(Section):
    """What kind of place it is."""

    scheduler: Literal["kubernetes"] = Field(description="kubernetes: kubectl reaches the cluster.")
    directory: Path | None = Field(
        default=None,
        description="Folder of the passwords and keys that were made for the cluster; the "
        "profile's own name without .toml if not given.",
    )


class KubernetesSection(Section):
    """Which cluster, and what of deploy/k8s is brought up there."""

    overlay: Line = Field(
        description="Name of a folder in deploy/k8s/overlays, or the path of another folder with a "
        "kustomization.",
    )
    context: Line | None = Field(
        default=None,
        description="Context of kubectl's configuration; its current one if not given.",
    )
    wait_s: float = Field(
        default=300.0, gt=0, description="Seconds within which everything that is new should run."
    )


class ClusterProfile(FileSettings):
    """Everything that describes one cluster."""

    site: ClusterSiteSection
    kubernetes: KubernetesSection

    @property
    def overlay(self) -> Path:
        """The folder of the kustomization."""
        given = Path(self.kubernetes.overlay)
        return given if len(given.parts) > 1 else OVERLAYS / given


def load_cluster_profile(file: Path) -> ClusterProfile:
    """Read and check a profile; variables `MOLSTEER_TABLE__KEY` overrule it.

    Raises:
        SettingsError: If it cannot be used.
    """
    profile = load(ClusterProfile, file, {})
    if not (profile.overlay / "kustomization.yaml").is_file():
        known = sorted(path.parent.name for path in OVERLAYS.glob("*/kustomization.yaml"))
        there = f" There are: {', '.join(known)}." if known else ""
        problem = (
            f"[kubernetes] overlay: {profile.overlay} holds no kustomization.yaml.{there} Name one "
            f"of them, or the path of a folder of your own."
        )
        raise SettingsError(str(file), [problem])
    return profile
