"""Servers and lines that tests have to themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.redis_server import TcpServer, tcp_server
from support.tcp_proxy import TcpProxy, tcp_proxy

from molsteer.shared.bus.embedded_server import EmbeddedServer
from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.settings.sections import QueueSettings


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    """Where the tests of a module meet a server; each has a prefix of its own."""
    with EmbeddedServer() as server:
        yield server.url


@pytest.fixture
def dispatch(queue: QueueSettings) -> Iterator[RedisDispatch]:
    """Steering's side of the test's own queue."""
    bus = RedisDispatch(queue, "campaign")
    yield bus
    bus.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TcpServer]:
    """A server of this test alone, which other machines could reach."""
    (tmp_path / "redis").mkdir()
    with tcp_server(tmp_path / "redis") as running:
        yield running


@pytest.fixture
def line(server: TcpServer) -> Iterator[TcpProxy]:
    """The line to that server, which can be slow or cut."""
    with tcp_proxy(server.port) as proxy:
        yield proxy
