"""Opens the blob stores that the settings name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from molsteer.shared.blobs.connector import ContentConnector
from molsteer.shared.blobs.file_connector import FileConnector
from molsteer.shared.blobs.kept import KeptConnector, KeptFiles
from molsteer.shared.blobs.proxied import ProxiedBlobs
from molsteer.shared.blobs.redis_connector import RedisConnector
from molsteer.shared.settings.sections import QueueSettings, StoreSettings
from molsteer.shared.wire.blob import StoreName


def open_blobs(
    stores: StoreSettings, queue: QueueSettings, patience_s: float = 0.0
) -> ProxiedBlobs:
    """Open the stores of this process: Redis always, the others if the settings say where.

    Args:
        stores: Their settings.
        queue: Where Redis is.
        patience_s: How long reading and storing waits for a store that is away or full.

    Raises:
        SettingsError: If the description of the Globus sites cannot be used on this host.
        ServiceUnavailable: If a store's folder cannot be made, or its service does not answer.
    """
    return ProxiedBlobs(_open(stores, queue), stores.cache_objects, patience_s)


def open_kept(stores: StoreSettings, queue: QueueSettings) -> Mapping[StoreName, KeptConnector]:
    """Open those stores of which a copy is kept nearby, to fetch from them what is there now.

    Raises:
        SettingsError: As `open_blobs`.
        ServiceUnavailable: Likewise.
    """
    if stores.keep_directory is None:
        return {}
    found = _open(stores.model_copy(update={"globus_wait_s": 0.0}), queue)
    return {name: store for name, store in found.items() if isinstance(store, KeptConnector)}


def _open(stores: StoreSettings, queue: QueueSettings) -> dict[StoreName, ContentConnector]:
    connectors: dict[StoreName, ContentConnector] = {
        "redis": RedisConnector(queue.server_url, queue.prefix, stores.expire_s)
    }
    if stores.directory is not None:
        connectors["file"] = FileConnector(stores.directory, stores.file_wait_s)
    if stores.globus_config is not None:
        connectors["globus"] = _open_globus(stores.globus_config, stores.globus_wait_s)
    if stores.endpoint is not None:
        connectors["endpoint"] = _open_endpoint(stores.endpoint, queue.prefix)
    if stores.keep_directory is not None:
        kept = KeptFiles(stores.keep_directory, stores.keep_bytes)
        # The file store is a folder itself.
        connectors = {
            name: store if name == "file" else KeptConnector(store, kept)
            for name, store in connectors.items()
        }
    return connectors


def _open_globus(config: Path, wait_s: float) -> ContentConnector:
    # Imported only where it is used, like the next one: they take longer than all the rest.
    from proxystore.utils.environment import hostname

    from molsteer.shared.blobs.globus_connector import GlobusConnector, log_in
    from molsteer.shared.blobs.globus_sites import read_sites

    sites = read_sites(config, hostname())
    return GlobusConnector(sites, log_in(sites), wait_s)


def _open_endpoint(home: UUID, prefix: str) -> ContentConnector:
    from proxystore.utils.environment import home_dir

    from molsteer.shared.blobs.endpoint_connector import EndpointConnector

    return EndpointConnector(home, prefix, Path(home_dir()))
