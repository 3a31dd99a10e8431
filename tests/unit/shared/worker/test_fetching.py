"""What is fetched before a task asks for it: how much, in which order, and what may go wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.tasks import simulate_task

from molsteer.shared.blobs.connector import ContentKey
from molsteer.shared.blobs.kept import KeptConnector, KeptFiles
from molsteer.shared.blobs.memory import MemoryConnector
from molsteer.shared.blobs.proxied import ProxiedBlobs
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.settings.sections import QueueSettings, StoreSettings
from molsteer.shared.wire.blob import Inline, ObjRef, StoreName
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.learning import Predict
from molsteer.shared.wire.messages import Task
from molsteer.shared.wire.properties import Output
from molsteer.shared.worker.fetching import Fetching, needed_next
from molsteer.shared.worker.plan import WorkerPlan

pytestmark = pytest.mark.fast

SIZE_BYTES = 1000


class Store(MemoryConnector):
    """A store that counts what is read, and may be away."""

    def __init__(self) -> None:
        super().__init__()
        self.read_keys: list[ContentKey] = []
        self.is_away = False

    def read(self, key: ContentKey) -> bytes | None:
        if self.is_away:
            raise ServiceUnavailable("A store", "here", "it is away", "Wait.")
        self.read_keys.append(key)
        return super().read(key)


def ref_of(data: bytes) -> ObjRef:
    digest = hashlib.sha256(data).hexdigest()
    return ObjRef(store="redis", key=digest, codec="raw", sha256=digest, size_bytes=len(data))


CHUNKS = [bytes([number]) * SIZE_BYTES for number in range(10)]
REFS = [ref_of(chunk) for chunk in CHUNKS]


class Site:
    """A worker's folder at the end of a line."""

    def __init__(self, folder: Path, keep_bytes: int = 1_000_000, **stores: int) -> None:
        self.store = Store()
        for chunk in CHUNKS:
            self.store.put(chunk)
        self.kept = KeptConnector(self.store, KeptFiles(folder / "kept", keep_bytes))
        self.foreseen: list[Sequence[ObjRef]] = [REFS]
        settings = StoreSettings(keep_directory=folder / "kept", keep_bytes=keep_bytes, **stores)
        plan = WorkerPlan(
            topic="infer",
            pool="default",
            processes=1,
            handler="no:handler",
            node="node",
            scratch=folder,
            queue=QueueSettings(),
            stores=settings,
            log_level="info",
            log_file=None,
        )
        self.fetching = Fetching(plan, lambda: self.foreseen)
        self.stores: Mapping[StoreName, KeptConnector] = {"redis": self.kept}
        self.blobs = ProxiedBlobs(self.stores, cache_objects=0)

    def fetch(self) -> list[int]:
        """Fetch ahead, and tell which chunks are there afterwards."""
        self.fetching.fetch(self.stores)
        return self.here

    @property
    def here(self) -> list[int]:
        keys = [ContentKey(ref.namespace, ref.sha256, ref.size_bytes) for ref in REFS]
        return [number for number, key in enumerate(keys) if self.kept.is_near(key)]

    def way(self, chunk: int) -> list[str]:
        """Read a chunk as a task does, and tell how it came."""
        assert self.blobs.raw(REFS[chunk]) == CHUNKS[chunk]
        return sorted(moved.operation for moved in self.blobs.take_transfers())


def scoring(chunk: int) -> Task:
    body = Predict(
        generation=1,
        chunk=chunk,
        outputs=(Output(name=ADIABATIC_IP, level="xtb", unit="eV"),),
        graphs=REFS[chunk],
        weights=Inline(codec="raw", data=b""),
    )
    return simulate_task().model_copy(update={"task_id": f"infer/1/{chunk}/1", "body": body})


@given(
    st.lists(st.integers(0, 10_000), max_size=20, unique=True),
    st.integers(0, 60_000),
    st.integers(0, 25),
)
def test_what_is_needed_next_follows_the_latest_task_and_fits(
    sizes: list[int], most_bytes: int, latest: int
) -> None:
    foreseen = [ref_of(bytes(size)) for size in sizes]
    known = {foreseen[latest].sha256} if latest < len(sizes) else set()
    found = list(needed_next(foreseen, known, most_bytes))
    assert sum(ref.size_bytes for ref in found) <= most_bytes
    start = latest + 1 if known else 0
    turned = foreseen[start:] + foreseen[:start]
    assert found == turned[: len(found)]
    if len(found) < len(turned):
        assert sum(ref.size_bytes for ref in turned[: len(found) + 1]) > most_bytes


def test_what_was_fetched_ahead_is_read_from_nearby_and_told_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert site.fetch() == list(range(10))
    assert len(site.store.read_keys) == 10
    assert site.way(3) == ["ahead", "cached"]
    assert site.way(3) == ["cached"]
    assert site.fetch() == list(range(10))
    assert len(site.store.read_keys) == 10, "what is here is fetched again"


def test_no_more_is_fetched_than_is_allowed_and_than_half_of_what_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert Site(tmp_path / "a", ahead_bytes=3 * SIZE_BYTES).fetch() == [0, 1, 2]
    assert Site(tmp_path / "b", keep_bytes=8 * SIZE_BYTES).fetch() == [0, 1, 2, 3]


def test_what_follows_the_latest_task_is_fetched_when_there_is_no_room_for_all(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path, ahead_bytes=2 * SIZE_BYTES)
    site.fetching.note(scoring(4))
    assert site.fetch() == [5, 6]
    site.fetching.note(scoring(8))
    assert site.fetch() == [0, 5, 6, 9]


def test_two_campaigns_share_the_room(tmp_path: Path) -> None:
    site = Site(tmp_path, ahead_bytes=4 * SIZE_BYTES)
    site.foreseen = [REFS[:5], REFS[5:]]
    assert site.fetch() == [0, 1, 5, 6]


def test_evicted_data_is_passed_over_and_not_asked_for_again_at_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.store.evict(ContentKey(REFS[2].namespace, REFS[2].sha256, SIZE_BYTES))
    assert site.fetch() == [number for number in range(10) if number != 2]
    asked = len(site.store.read_keys)
    site.fetch()
    assert len(site.store.read_keys) == asked


def test_what_had_to_go_before_it_was_used_counts_as_fetched_by_the_task(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.fetch()
    (tmp_path / "kept" / REFS[0].sha256).unlink()
    assert site.way(0) == ["get"]
    assert site.way(0) == ["cached"]


def test_spoiled_data_is_not_kept(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.store.write(ContentKey(REFS[1].namespace, REFS[1].sha256, SIZE_BYTES), b"?" * SIZE_BYTES)
    assert 1 not in site.fetch()


def test_a_store_that_is_away_leaves_the_task_its_own_way(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.store.is_away = True
    with pytest.raises(ServiceUnavailable):
        site.fetch()
    site.store.is_away = False
    assert site.way(0) == ["get"]
