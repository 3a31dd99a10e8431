"""Opens the blob stores that the settings name."""

from __future__ import annotations

from molsteer.shared.blobs.connector import ContentConnector
from molsteer.shared.blobs.file_connector import FileConnector
from molsteer.shared.blobs.proxied import ProxiedBlobs
from molsteer.shared.blobs.redis_connector import RedisConnector
from molsteer.shared.blobs.reference import StoreName
from molsteer.shared.settings.sections import QueueSettings, StoreSettings


def open_blobs(
    stores: StoreSettings, queue: QueueSettings, patience_s: float = 0.0
) -> ProxiedBlobs:
    """Open the stores of this process: Redis always, the file store if it has a folder.

    Args:
        stores: Their settings.
        queue: Where Redis is.
        patience_s: How long reading and storing waits for a store that is away or full.

    Raises:
        ServiceUnavailable: If the file store's folder cannot be made.
    """
    connectors: dict[StoreName, ContentConnector] = {
        "redis": RedisConnector(queue.redis_url, queue.prefix, stores.expire_s)
    }
    if stores.directory is not None:
        connectors["file"] = FileConnector(stores.directory)
    return ProxiedBlobs(connectors, stores.cache_objects, patience_s)
