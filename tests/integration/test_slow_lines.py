"""Large data over lines that are slow, or that should carry it only once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.redis_server import TcpServer, tcp_server
from support.tcp_proxy import TcpProxy, tcp_proxy

from molsteer.shared.blobs.opening import open_blobs
from molsteer.shared.bus import connection
from molsteer.shared.settings.sections import QueueSettings, StoreSettings
from molsteer.shared.wire.blob import Placement

PLACEMENT = Placement(store="redis", threshold_bytes=0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TcpServer]:
    (tmp_path / "redis").mkdir()
    with tcp_server(tmp_path / "redis") as running:
        yield running


@pytest.fixture
def line(server: TcpServer) -> Iterator[TcpProxy]:
    with tcp_proxy(server.port) as proxy:
        yield proxy


@pytest.fixture
def far(server: TcpServer, line: TcpProxy) -> QueueSettings:
    """The queue as it is reached over the line."""
    return QueueSettings(redis_url=server.url.replace(str(server.port), str(line.port)))


def test_data_that_a_slow_line_carries_for_longer_than_a_command_may_take_arrives(
    line: TcpProxy, far: QueueSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BLOCK_S", 0.25)
    line.bytes_per_s, data = 10e6, bytes(20_000_000)
    blobs = open_blobs(StoreSettings(cache_objects=0), far)
    try:
        stored = blobs.put(data, "raw", PLACEMENT)
        assert blobs.raw(stored) == data
    finally:
        blobs.close()
