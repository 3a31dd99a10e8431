"""What a campaign was made of: molecules, settings, programs and times."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molsteer.steering.control.requests import changes_of
from molsteer.steering.control.thresholds import thresholds_now
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.run_directory import public_settings
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.changes import changed
from molsteer.steering.settings.thresholds import with_thresholds
from molsteer.steering.space.manifest import MANIFEST_NAME, Manifest


@dataclass(frozen=True, slots=True)
class About:
    """What a campaign was made of.

    Attributes:
        campaign: Its own name in the ledger, which no other campaign shares; None before its start.
        settings: Its settings as they are now.
        identity: What makes it the campaign it is, by the name of the setting.
        changes: What was changed since its start, likewise.
        begun_at: When its first task was ordered, in seconds of the Unix epoch; None before.
        ended_at: When its last task ended, likewise.
        sources: Names of the files of molecules, without their folders.
        rdkit: Version of RDKit that wrote the molecules, None where the space is not there.
        engines: Programs that computed labels, each with its version.
        host: Facts about the machine of steering at its start.
    """

    campaign: str | None
    settings: CampaignSettings
    identity: Mapping[str, Any]
    changes: Mapping[str, object]
    begun_at: float | None
    ended_at: float | None
    sources: Sequence[str]
    rdkit: str | None
    engines: Sequence[str]
    host: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The version of molsteer that the campaign ran with."""
        packages = self.host.get("molsteer")
        found = packages.get("molsteer-steering") if isinstance(packages, dict) else None
        return str(found or "of an unknown version")


def read_about(ledger: Ledger, folder: Path) -> About:
    """Read what a campaign was made of; what its folder no longer has is left out."""
    changes = changes_of(ledger)
    thresholds = thresholds_now(ledger)
    settings = with_thresholds(changed(public_settings(folder), changes), thresholds)
    begun_at, ended_at = ledger.connection.execute(
        "SELECT min(created_at), max(settled_at) FROM task"
    ).fetchone()
    engines = ledger.connection.execute("SELECT DISTINCT engine FROM result ORDER BY engine")
    name, identity = ledger.fact("campaign"), _facts(ledger.fact("identity"))
    space = _space(folder, settings, identity.get("campaign.space"))
    return About(
        campaign=None if name is None else str(name),
        settings=settings,
        identity=identity,
        changes={**changes, **thresholds},
        begun_at=begun_at,
        ended_at=ended_at,
        sources=_sources(settings, space),
        rdkit=space.rdkit if space else None,
        engines=[engine for (engine,) in engines],
        host=_host(folder),
    )


def _facts(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _space(folder: Path, settings: CampaignSettings, digest: object) -> Manifest | None:
    """Look for the space in the run directory, and where the settings name one."""
    for place in (*folder.glob("space/*"), folder / "space", *settings.campaign.space):
        try:
            manifest = Manifest.model_validate_json((place / MANIFEST_NAME).read_bytes())
        except (OSError, ValueError):  # another machine's folder, say
            continue
        if digest in {None, manifest.digest}:
            return manifest
    return None


def _sources(settings: CampaignSettings, space: Manifest | None) -> Sequence[str]:
    paths = [source.path for source in space.sources] if space else settings.campaign.space
    return [Path(path).name for path in paths]


def _host(folder: Path) -> Mapping[str, Any]:
    try:
        return _facts(json.loads((folder / "host.json").read_bytes()))
    except (OSError, ValueError):
        return {}
