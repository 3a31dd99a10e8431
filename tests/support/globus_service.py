"""A Globus Transfer service between folders of this machine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from globus_sdk import DeleteData, TransferData

from molsteer.shared.blobs.globus_connector import GlobusConnector
from molsteer.shared.blobs.globus_sites import read_sites

ALPHA, BETA = "0a1b2c3d-0000-4000-8000-00000000000a", "0a1b2c3d-0000-4000-8000-00000000000b"


@dataclass
class TwoSites:
    """Two hosts, `alpha` and `beta`, with a folder each and a file that describes both."""

    config: Path
    service: LocalTransfers

    def connector(self, host: str, wait_s: float) -> GlobusConnector:
        """Open the store as a process on a host would."""
        return GlobusConnector(read_sites(self.config, host), self.service, wait_s, 0.01)


def two_sites(folder: Path) -> TwoSites:
    """Make two sites below a folder."""
    described, roots = {}, {}
    for host, collection in (("alpha", ALPHA), ("beta", BETA)):
        local = folder / host / "project" / "blobs"
        local.mkdir(parents=True)
        roots[collection] = folder / host
        described[collection] = {
            "host_regex": host,
            "endpoint_path": "/project/blobs",
            "local_path": str(local),
        }
    config = folder / "globus_config.json"
    config.write_text(json.dumps(described))
    return TwoSites(config, LocalTransfers(roots))


@dataclass
class LocalTransfers:
    """Copies and deletes as Globus would, at once or when told to.

    Attributes:
        roots: The folder that each collection shows as its root.
        held: Whether copies wait for `deliver`.
    """

    roots: Mapping[str, Path]
    held: bool = False
    _waiting: list[TransferData] = field(default_factory=list)

    def submit_transfer(self, data: TransferData) -> None:
        """Begin to copy files."""
        self._waiting.append(data)
        if not self.held:
            self.deliver()

    def submit_delete(self, data: DeleteData) -> None:
        """Delete files; folders are refused."""
        assert data["ignore_missing"]
        for item in data["DATA"]:
            self._place(data["endpoint"], item["path"]).unlink(missing_ok=True)

    def deliver(self) -> None:
        """Finish what was begun."""
        for data in self._waiting:
            for item in data["DATA"]:
                source = self._place(data["source_endpoint"], item["source_path"])
                shutil.copyfile(
                    source, self._place(data["destination_endpoint"], item["destination_path"])
                )
        self._waiting.clear()

    def _place(self, collection: str, path: str) -> Path:
        return self.roots[collection] / path.removeprefix("/")
