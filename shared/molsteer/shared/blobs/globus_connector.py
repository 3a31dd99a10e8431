"""Blobs as files at several sites, kept alike by Globus Transfer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Protocol

from globus_sdk import DeleteData, GlobusError, TransferClient, TransferData
from proxystore.globus.app import get_globus_app
from proxystore.globus.client import get_transfer_client
from proxystore.serialize import BytesLike

from molsteer.shared.blobs.connector import ContentKey
from molsteer.shared.blobs.file_connector import FileConnector
from molsteer.shared.blobs.globus_sites import GlobusSites
from molsteer.shared.errors import ServiceUnavailable

_SERVICE, _ADDRESS = "Globus Transfer", "transfer.api.globus.org"


class TransferService(Protocol):
    """What is used of `globus_sdk.TransferClient`."""

    def submit_transfer(self, data: TransferData) -> object:
        """Begin to copy files."""
        ...

    def submit_delete(self, data: DeleteData) -> object:
        """Begin to delete files."""
        ...


class GlobusConnector(FileConnector):
    """Keeps each blob as `NAMESPACE-abcdef...` in a folder of every site.

    It takes ProxyStore's description of the sites and its login, not its connector, which names
    files at random, shows them half-written and deletes whole folders when it is closed. Here the
    name of a file tells when its transfer is complete: as soon as size and digest fit.

    Args:
        sites: Where the folders are.
        service: Copies and deletes at the other sites.
        wait_s: How long reading waits for a transfer.
        look_every_s: How often it looks meanwhile.
    """

    name: ClassVar[str] = "The Globus store"
    cure: ClassVar[str] = "Check that the local_path of this host exists and is writable."

    def __init__(
        self,
        sites: GlobusSites,
        service: TransferService,
        wait_s: float,
        look_every_s: float = 0.5,
    ) -> None:
        super().__init__(Path(sites.here.local_path or "").expanduser(), wait_s, look_every_s)
        self._sites, self._service = sites, service

    def locate(self, key: ContentKey) -> str:
        """Give the file's name, the same at every site."""
        return f"{key.namespace}-{key.sha256}"

    def write(self, key: ContentKey, data: BytesLike) -> None:
        """Write a file here, and begin to copy it to the other sites."""
        super().write(key, data)
        self._send(self.locate(key))

    def adopt(self, source: Path, key: ContentKey) -> None:
        """Take in a file here, and begin to copy it to the other sites."""
        super().adopt(source, key)
        self._send(self.locate(key))

    def exists(self, key: ContentKey) -> bool:
        """Look for a file of the right size here."""
        with self._reaching():
            try:
                return self._path(key).stat().st_size == key.size_bytes
            except FileNotFoundError:
                return False

    def evict(self, key: ContentKey) -> None:
        """Remove a file here, and begin to remove it elsewhere; what is not here is gone."""
        self.evict_all([key])

    def evict_all(self, keys: Sequence[ContentKey]) -> None:
        """Remove files here, and begin to remove them elsewhere, in one go for each site."""
        here = [key for key in keys if self.exists(key)]
        for key in here:
            super().evict(key)
        self._remove_elsewhere([self.locate(key) for key in here])

    def clear(self, namespace: str) -> None:
        """Remove the namespace's files, never a folder, here and then elsewhere."""
        mine = re.compile(re.escape(namespace) + "-[0-9a-f]{64}")
        with self._reaching():
            names = [file.name for file in self._directory.iterdir() if mine.fullmatch(file.name)]
            for name in names:
                (self._directory / name).unlink(missing_ok=True)
        self._remove_elsewhere(names)

    def _arrived(self, key: ContentKey) -> bytes | None:
        data = self._read_now(key) if self.exists(key) else None
        return data if data is not None and ContentKey.of(data, key.namespace) == key else None

    def _send(self, name: str) -> None:
        here = self._sites.here
        for site in self._sites.elsewhere:
            transfer = TransferData(
                here.uuid,
                site.uuid,
                label="molsteer",
                sync_level="checksum",
                notify_on_succeeded=False,
                notify_on_failed=False,
                notify_on_inactive=False,
            )
            transfer.add_item(f"{here.endpoint_path}/{name}", f"{site.endpoint_path}/{name}")
            with _asking():
                self._service.submit_transfer(transfer)

    def _remove_elsewhere(self, names: Sequence[str]) -> None:
        if not names:
            return
        for site in self._sites.elsewhere:
            deletion = DeleteData(
                site.uuid,
                label="molsteer",
                ignore_missing=True,
                notify_on_succeeded=False,
                notify_on_failed=False,
                notify_on_inactive=False,
            )
            for name in names:
                deletion.add_item(f"{site.endpoint_path}/{name}")
            with _asking():
                self._service.submit_delete(deletion)


def log_in(sites: GlobusSites) -> TransferClient:
    """Use the login that `proxystore-globus-auth login` or a client's secret left.

    Raises:
        ServiceUnavailable: If there is none, or Globus does not answer; nobody is ever asked to
            log in here, for a worker has no terminal to answer from.
    """
    with _asking():
        app = get_globus_app()
        TransferClient(app=app)  # names the rights that it needs
        if app.login_required():
            raise ServiceUnavailable(
                _SERVICE,
                _ADDRESS,
                "nobody has logged in on this machine",
                "Run `proxystore-globus-auth login`.",
            )
        return get_transfer_client(app, [site.uuid for site in (sites.here, *sites.elsewhere)])


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except GlobusError as error:
        raise ServiceUnavailable(
            _SERVICE, _ADDRESS, str(error), "Check the network, the collections and the login."
        ) from None
