"""Blobs in a ProxyStore endpoint, reached through the endpoint of the process's own site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from proxystore.endpoint import client
from proxystore.endpoint.config import EndpointConfig, get_configs
from proxystore.serialize import BytesLike
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException

from molsteer.shared.blobs.connector import ContentConnector, ContentKey
from molsteer.shared.errors import ServiceUnavailable

_ANSWER_WITHIN_S = 60.0
"""How long an endpoint may be silent; a first connection between two takes seconds."""


class EndpointConnector(ContentConnector):
    """Keeps all blobs in one endpoint, the home, wherever they are written.

    Results are thus at the site of steering when it hears of them, and a key needs not tell who
    holds the data. ProxyStore's HTTP client is used, its connector is not: that one names data at
    random, and fails by an assertion when the endpoint is gone.

    Args:
        home: The endpoint that holds the data.
        prefix: Begins every key.
        folder: ProxyStore's folder on this machine, which describes its endpoints.

    Raises:
        ServiceUnavailable: If no endpoint runs here.
    """

    def __init__(self, home: UUID, prefix: str, folder: Path) -> None:
        self._home, self._prefix = home, prefix
        self._session = Session()
        self._session.trust_env = False  # no proxy stands between a process and its endpoint
        self._session.mount("http://", _Impatient())
        self._address = self._find(folder)

    def locate(self, key: ContentKey) -> str:
        """Give the key inside the endpoint."""
        return f"{self._prefix}:{key.namespace}:{key.sha256}"

    def read(self, key: ContentKey) -> bytes | None:
        """Fetch data."""
        with self._asking():
            return client.get(self._address, self.locate(key), self._home, self._session)

    def write(self, key: ContentKey, data: BytesLike) -> None:
        """Send data."""
        with self._asking():
            client.put(self._address, self.locate(key), bytes(data), self._home, self._session)

    def exists(self, key: ContentKey) -> bool:
        """Ask for the key."""
        with self._asking():
            return client.exists(self._address, self.locate(key), self._home, self._session)

    def evict(self, key: ContentKey) -> None:
        """Remove the key."""
        with self._asking():
            client.evict(self._address, self.locate(key), self._home, self._session)

    def clear(self, namespace: str) -> None:
        """Do nothing: an endpoint cannot list what it holds, so that is left to the ledger."""

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _find(self, folder: Path) -> str:
        """Find the home if it is here, else any other endpoint that runs here."""
        described = get_configs(str(folder))
        for endpoint in sorted(described, key=lambda each: UUID(each.uuid) != self._home):
            address = f"http://{endpoint.host}:{endpoint.port}"
            if endpoint.host is not None and self._answers(address, endpoint):
                return address
        raise ServiceUnavailable(
            "The endpoint store",
            str(self._home),
            f"none of the {len(described)} ProxyStore endpoints described in {folder} runs",
            "Start one with `proxystore-endpoint start NAME`.",
        )

    def _answers(self, address: str, endpoint: EndpointConfig) -> bool:
        try:
            answer = self._session.get(f"{address}/endpoint")
            return bool(answer.ok and UUID(answer.json()["uuid"]) == UUID(endpoint.uuid))
        except (RequestException, LookupError, ValueError):
            return False

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except RequestException as error:
            raise ServiceUnavailable(
                "The endpoint store",
                f"{self._home} through {self._address}",
                str(error),
                "Check that both endpoints run and know the same relay, and max_object_size.",
            ) from None


class _Impatient(HTTPAdapter):
    """Gives up waiting for a silent endpoint; ProxyStore's client would wait for ever."""

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: object = None,  # noqa: ARG002 - the client gives none
        verify: bool | str = True,
        cert: str | tuple[str, str] | None = None,
        proxies: dict[str, str] | None = None,
    ) -> Response:
        return super().send(request, stream, _ANSWER_WITHIN_S, verify, cert, proxies)
