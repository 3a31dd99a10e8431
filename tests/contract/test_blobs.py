"""What every blob store promises, between two processes and where it can between two sites."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import pytest
import redis
from support.globus_service import two_sites
from support.proxystore_endpoints import Place, running_endpoints

from molsteer.shared.blobs.endpoint_connector import EndpointConnector
from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.blobs.opening import open_blobs
from molsteer.shared.blobs.proxied import ProxiedBlobs
from molsteer.shared.errors import BlobCorrupt, BlobMissing, ServiceUnavailable, UnknownStore
from molsteer.shared.settings.sections import QueueSettings, StoreSettings
from molsteer.shared.wire.blob import Blob, Inline, ObjRef, Placement, StoreName

ARRAYS: dict[str, npt.NDArray[np.generic]] = {
    "codes": np.arange(12, dtype=np.uint8).reshape(3, 4),
    "values": np.array([1.5, -2.5], dtype=np.float32),
    "none": np.zeros((0, 7), dtype=np.int64),
}


Views = tuple[ProxiedBlobs, ProxiedBlobs]


class Stores:
    """Several processes' views of one store."""

    def __init__(self, placement: Placement, views: Views) -> None:
        self.placement, (self.here, self.there) = placement, views


@pytest.fixture(params=["memory", "redis", "file", "globus", "endpoint"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    store = "redis" if request.param == "memory" else request.param
    views = request.getfixturevalue(f"{request.param}_views")
    yield Stores(Placement(store=store, threshold_bytes=0), views)
    for view in views:
        view.close()


@pytest.fixture
def memory_views() -> Views:
    memory = MemoryBlobs()
    return memory, memory


@pytest.fixture
def redis_views(redis_url: str) -> Views:
    queue = QueueSettings(redis_url=redis_url, prefix="blobs")
    return open_blobs(StoreSettings(), queue), open_blobs(StoreSettings(), queue)


@pytest.fixture
def file_views(redis_url: str, tmp_path: Path) -> Views:
    queue, settings = (
        QueueSettings(redis_url=redis_url),
        StoreSettings(directory=tmp_path / "blobs", file_wait_s=0.1),
    )
    return open_blobs(settings, queue), open_blobs(settings, queue)


@pytest.fixture
def globus_views(tmp_path: Path) -> Views:
    site = two_sites(tmp_path)
    return (
        ProxiedBlobs({"globus": site.connector("alpha", wait_s=0.1)}),
        ProxiedBlobs({"globus": site.connector("beta", wait_s=0.1)}),
    )


@pytest.fixture(scope="session")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[UUID, list[Path]]]:
    folders = [tmp_path_factory.mktemp(name) for name in ("home", "away")]
    with running_endpoints([Place(folder) for folder in folders]) as (home, _):
        yield home, folders


@pytest.fixture
def endpoint_views(endpoints: tuple[UUID, list[Path]]) -> Views:
    home, (here, there) = endpoints
    return (
        ProxiedBlobs({"endpoint": EndpointConnector(home, "blobs", here)}),
        ProxiedBlobs({"endpoint": EndpointConnector(home, "blobs", there)}),
    )


def reference(blob: Blob) -> ObjRef:
    assert isinstance(blob, ObjRef)
    return blob


def test_named_arrays_come_back_as_they_were(stores: Stores) -> None:
    blob = stores.here.put(ARRAYS, "safetensors", stores.placement)
    found = stores.there.arrays(blob)
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_every_codec_comes_back_in_another_process(stores: Stores) -> None:
    tree = {"name": "CCO", "energies": [1.0, -2.5e-8], "none": None, "data": b"\x00\xff"}
    assert stores.there.tree(stores.here.put(tree, "msgpack", stores.placement)) == tree
    assert stores.there.raw(stores.here.put(b"bytes", "raw", stores.placement)) == b"bytes"


def test_empty_data_is_not_missing(stores: Stores) -> None:
    if stores.placement.store == "endpoint":
        pytest.skip("An endpoint refuses empty data, which settings let travel in the message.")
    ref = reference(stores.here.put(b"", "raw", stores.placement))
    assert stores.there.exists(ref)
    assert stores.there.raw(ref) == b""


def test_equal_data_has_equal_references(stores: Stores) -> None:
    backwards = dict(reversed(ARRAYS.items()))
    first = stores.here.put(ARRAYS, "safetensors", stores.placement)
    assert stores.there.put(backwards, "safetensors", stores.placement) == first


def test_clearing_a_namespace_leaves_the_others_alone(stores: Stores) -> None:
    if stores.placement.store == "endpoint":
        pytest.skip("An endpoint cannot list what it holds; steering evicts what its ledger knows.")
    mine = stores.placement.model_copy(update={"namespace": "mine"})
    yours = stores.placement.model_copy(update={"namespace": "yours"})
    gone = reference(stores.here.put(b"the same data", "raw", mine))
    kept = reference(stores.here.put(b"the same data", "raw", yours))
    stores.there.clear("mine")
    assert not stores.here.exists(gone)
    assert stores.there.raw(kept) == b"the same data"


def test_small_data_travels_in_the_message(stores: Stores) -> None:
    store = stores.placement.store
    small = stores.here.put(b"12345", "raw", Placement(store=store, threshold_bytes=6))
    large = stores.here.put(b"12345", "raw", Placement(store=store, threshold_bytes=5))
    inline = stores.here.put(b"12345" * 10_000, "raw", Placement(store=None))
    assert isinstance(small, Inline)
    assert isinstance(large, ObjRef)
    assert isinstance(inline, Inline)
    assert stores.there.raw(small) == stores.there.raw(large) == b"12345"


def test_evicted_data_is_missing_for_everyone(stores: Stores) -> None:
    ref = reference(stores.here.put(b"to be removed", "raw", stores.placement))
    assert stores.there.exists(ref)
    stores.here.evict([ref])
    stores.here.evict([ref])
    assert not stores.there.exists(ref)
    assert not stores.here.exists(ref)
    with pytest.raises(BlobMissing, match=ref.sha256):
        stores.there.raw(ref)


def test_existence_is_asked_of_the_store_not_of_a_cache(stores: Stores) -> None:
    ref = reference(stores.here.put(b"was read before", "raw", stores.placement))
    stores.there.raw(ref)
    stores.here.evict([ref])
    assert not stores.there.exists(ref)


def test_what_a_reader_changes_stays_with_the_reader(stores: Stores) -> None:
    blob = stores.here.put(ARRAYS, "safetensors", stores.placement)
    stores.there.arrays(blob)["codes"][:] = 0
    np.testing.assert_array_equal(stores.there.arrays(blob)["codes"], ARRAYS["codes"])


def test_a_reference_of_another_size_is_refused(stores: Stores) -> None:
    ref = reference(stores.here.put(b"five!", "raw", stores.placement))
    with pytest.raises(BlobCorrupt, match="5 bytes long instead of 6"):
        stores.there.raw(ref.model_copy(update={"size_bytes": 6}))


LARGE = bytes(range(256)) * 10_000
"""Some stores read so much in pieces."""


@pytest.mark.parametrize("length", [2**20 - 1, 2**20, 2**20 + 1, len(LARGE)])
def test_large_data_comes_back_as_it_was(stores: Stores, length: int) -> None:
    ref = reference(stores.here.put(LARGE[:length], "raw", stores.placement))
    assert stores.there.raw(ref) == LARGE[:length]


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (LARGE[:-1], "2559999 bytes long instead of 2560000"),
        (LARGE + LARGE, "longer instead of 2560000"),
        (LARGE[1:] + b"x", "its SHA-256 digest is another one"),
        (b"", "0 bytes long instead of 2560000"),
    ],
)
def test_large_data_in_redis_that_was_changed_is_refused(
    redis_url: str, stored: bytes, reason: str
) -> None:
    blobs = open_blobs(StoreSettings(), QueueSettings(redis_url=redis_url))
    ref = reference(blobs.put(LARGE, "raw", Placement(store="redis", namespace="campaign")))
    with closing(redis.Redis.from_url(redis_url)) as client:
        client.set(ref.key, stored)
        with pytest.raises(BlobCorrupt, match=reason):
            blobs.raw(ref)
        client.delete(ref.key)
        with pytest.raises(BlobMissing):
            blobs.raw(ref)


def test_reading_with_another_codec_is_refused(stores: Stores) -> None:
    blob = stores.here.put(ARRAYS, "safetensors", stores.placement)
    with pytest.raises(BlobCorrupt, match="written as safetensors, read as msgpack"):
        stores.there.tree(blob)


def test_a_file_is_adopted_without_change(stores: Stores, tmp_path: Path) -> None:
    original = reference(stores.here.put(ARRAYS, "safetensors", stores.placement))
    file = tmp_path / "chunk.safetensors"
    file.write_bytes(stores.here.raw(original))
    mode = file.stat().st_mode
    stores.here.evict([original])
    adopted = stores.here.adopt(file, "safetensors", original.sha256, stores.placement)
    assert adopted == original
    assert stores.there.raw(adopted) == file.read_bytes()
    assert file.stat().st_mode == mode
    stores.here.evict([original])
    assert file.exists()


@pytest.mark.parametrize("store", ["file", "globus"])
def test_a_file_that_is_adopted_again_leaves_nothing_beside_it(
    request: pytest.FixtureRequest, tmp_path: Path, store: StoreName
) -> None:
    views: Views = request.getfixturevalue(f"{store}_views")
    chunk = tmp_path / "chunk"
    chunk.write_bytes(b"molecules")
    digest = hashlib.sha256(b"molecules").hexdigest()
    for _ in range(2):
        views[0].adopt(chunk, "raw", digest, Placement(store=store, threshold_bytes=0))
    assert list(tmp_path.rglob(".*")) == []
    for view in views:
        view.close()


def test_closing_keeps_the_data(stores: Stores) -> None:
    ref = reference(stores.here.put(b"stays", "raw", stores.placement))
    stores.here.close()
    assert stores.there.raw(ref) == b"stays"


def test_a_changed_file_is_told_from_its_digest(tmp_path: Path, redis_url: str) -> None:
    settings = StoreSettings(directory=tmp_path)
    blobs = open_blobs(settings, QueueSettings(redis_url=redis_url))
    ref = reference(blobs.put(b"right", "raw", Placement(store="file", threshold_bytes=0)))
    assert ref.key == f"common/{ref.sha256[:2]}/{ref.sha256}"
    (tmp_path / ref.key).write_bytes(b"wrong")
    with pytest.raises(BlobCorrupt, match="digest"):
        blobs.raw(ref)
    blobs.close()


def test_a_reference_cannot_lead_out_of_the_store(tmp_path: Path, redis_url: str) -> None:
    blobs = open_blobs(
        StoreSettings(directory=tmp_path / "blobs"), QueueSettings(redis_url=redis_url)
    )
    (tmp_path / "secret").write_bytes(b"secret")
    ref = reference(blobs.put(b"public", "raw", Placement(store="file", threshold_bytes=0)))
    assert blobs.raw(ref.model_copy(update={"key": "../secret"})) == b"public"
    blobs.close()


def test_an_unknown_store_is_named_with_the_cure(redis_url: str) -> None:
    blobs = open_blobs(StoreSettings(directory=None), QueueSettings(redis_url=redis_url))
    with pytest.raises(UnknownStore, match=r"'file' is not configured here \(configured: redis\)"):
        blobs.put(b"x", "raw", Placement(store="file", threshold_bytes=0))
    blobs.close()


def test_what_moves_is_counted_with_its_size_and_time(stores: Stores) -> None:
    begun_at = time.perf_counter()
    small = stores.here.put(b"12", "raw", stores.placement)
    stores.here.put(b"3456", "raw", stores.placement)
    inside = stores.here.put(b"in the message", "raw", Placement(store=None))
    stores.there.raw(small)
    stores.there.raw(inside)
    taken = stores.here.take_transfers() + stores.there.take_transfers()
    elapsed_s = time.perf_counter() - begun_at
    moved = {(each.operation, each.count, each.size_bytes) for each in taken}
    assert moved == {("put", 2, 6), ("get", 1, 2)}
    assert {each.store for each in taken} == {stores.placement.store}
    assert 0.0 < sum(each.duration_s for each in taken) < elapsed_s
    assert stores.here.take_transfers() == ()


def test_what_memory_gives_is_told_from_what_the_store_gives(redis_url: str) -> None:
    blobs = open_blobs(StoreSettings(cache_objects=1), QueueSettings(redis_url=redis_url))
    blob = blobs.put(b"read twice", "raw", Placement(store="redis", threshold_bytes=0))
    blobs.raw(blob)
    blobs.raw(blob)
    operations = [(each.operation, each.count) for each in blobs.take_transfers()]
    assert operations == [("put", 1), ("get", 1), ("cached", 1)]
    blobs.close()


def test_an_endpoint_that_runs_nowhere_near_is_told_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ServiceUnavailable, match="proxystore-endpoint start"):
        EndpointConnector(uuid4(), "blobs", tmp_path)


def test_an_endpoint_without_its_peer_says_whom_it_cannot_reach(
    endpoints: tuple[UUID, list[Path]],
) -> None:
    stranger, (here, _) = uuid4(), endpoints[1]
    blobs = ProxiedBlobs({"endpoint": EndpointConnector(stranger, "blobs", here)})
    with pytest.raises(ServiceUnavailable, match=str(stranger)):
        blobs.put(b"data", "raw", Placement(store="endpoint", threshold_bytes=0))
    blobs.close()
