"""Large data over lines that are slow, or that should carry it only once."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest
from support.redis_server import TcpServer
from support.tcp_proxy import TcpProxy

from molsteer.shared.blobs.opening import open_blobs
from molsteer.shared.blobs.proxied import ProxiedBlobs
from molsteer.shared.bus import connection
from molsteer.shared.bus.connection import connect
from molsteer.shared.errors import BlobMissing, ServiceUnavailable
from molsteer.shared.settings.sections import QueueSettings, StoreSettings
from molsteer.shared.wire.blob import ObjRef, Placement

PLACEMENT = Placement(store="redis", threshold_bytes=0)


@pytest.fixture
def far(server: TcpServer, line: TcpProxy) -> QueueSettings:
    """The queue as it is reached over the line."""
    return QueueSettings(redis_url=server.url.replace(str(server.port), str(line.port)))


def test_data_that_a_slow_line_carries_for_longer_than_a_command_may_take_arrives(
    line: TcpProxy, far: QueueSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BLOCK_S", 1.0)
    line.bytes_per_s, data = 5e6, bytes(20_000_000)
    blobs = open_blobs(StoreSettings(cache_objects=0), far)
    try:
        stored = blobs.put(data, "raw", PLACEMENT)
        assert blobs.raw(stored) == data
    finally:
        blobs.close()


def opened(far: QueueSettings, kept: Path | None) -> ProxiedBlobs:
    """Open the stores as a process at the far site does."""
    settings = StoreSettings(cache_objects=0, keep_directory=kept, keep_bytes=3_000_000)
    return open_blobs(settings, far)


def test_what_is_kept_at_a_site_crosses_the_line_once_for_all_its_processes(
    line: TcpProxy, far: QueueSettings, server: TcpServer, tmp_path: Path
) -> None:
    near = open_blobs(StoreSettings(), server.queue)
    chunk = near.put(b"chunk" * 200_000, "raw", PLACEMENT)
    first, second = opened(far, tmp_path / "kept"), opened(far, tmp_path / "kept")
    assert isinstance(chunk, ObjRef)
    with closing(near), closing(first), closing(second):
        before = line.passed_bytes
        assert first.raw(chunk) == second.raw(chunk) == near.raw(chunk)
        assert line.passed_bytes - before < 1.5 * chunk.size_bytes
        assert [each.operation for each in first.take_transfers()] == ["get"]
        assert [each.operation for each in second.take_transfers()] == ["cached"]
        weights = first.put(b"weights" * 100_000, "raw", PLACEMENT)
        before = line.passed_bytes
        assert second.raw(weights) == b"weights" * 100_000
        assert line.passed_bytes - before < 1000  # the answer to `put`, but no weights


def test_what_is_kept_is_not_trusted_and_not_let_grow(
    far: QueueSettings, server: TcpServer, tmp_path: Path
) -> None:
    near, kept = open_blobs(StoreSettings(), server.queue), tmp_path / "kept"
    blobs = [near.put(bytes([number]) * 1_000_000, "raw", PLACEMENT) for number in range(5)]
    with closing(near), closing(opened(far, kept)) as there:
        for number, blob in enumerate(blobs):
            assert there.raw(blob) == bytes([number]) * 1_000_000
        files = [file for file in kept.iterdir() if not file.name.startswith(".")]
        assert len(files) == 3
        for file in files:
            file.write_bytes(b"spoiled")
        assert there.raw(blobs[4]) == bytes([4]) * 1_000_000
        assert (kept / blobs[4].sha256).stat().st_size == 1_000_000  # type: ignore[union-attr]


def test_a_folder_for_kept_data_that_cannot_be_made_is_told_and_one_that_goes_is_no_harm(
    far: QueueSettings, server: TcpServer, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServiceUnavailable, match="keep_directory"):
        opened(far, tmp_path / "file" / "below")
    near = open_blobs(StoreSettings(), server.queue)
    blob = near.put(bytes(1_000_000), "raw", PLACEMENT)
    with closing(near), closing(opened(far, tmp_path / "kept")) as there:
        shutil.rmtree(tmp_path / "kept")
        assert there.raw(blob) == bytes(1_000_000)


def test_large_data_and_evictions_ask_the_server_as_seldom_as_they_can(
    far: QueueSettings, server: TcpServer
) -> None:
    with connect(server.queue.server_url) as client, closing(opened(far, None)) as there:

        def told(section: str, name: str) -> object:
            return client.info(section)[name]  # type: ignore[index]

        before = told("stats", "total_connections_received")
        blobs = [there.put(bytes([number]) * 600_000, "raw", PLACEMENT) for number in range(5)]
        refs = [blob for blob in blobs if isinstance(blob, ObjRef)]
        assert told("stats", "total_connections_received") == before + 1  # type: ignore[operator]
        assert all(there.raw(ref) == bytes([number]) * 600_000 for number, ref in enumerate(refs))
        there.evict(refs)
        assert told("commandstats", "cmdstat_unlink")["calls"] == 1  # type: ignore[index]
        assert not any(there.exists(ref) for ref in refs)
        with pytest.raises(BlobMissing):
            there.raw(refs[0])
