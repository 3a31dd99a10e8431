"""Fetches what tasks will need, while others run or none is there yet.

Steering tells what that will be. It goes to where things are kept, for all processes of the worker,
by a thread of its main process: nothing is taken out of a queue for it, no lease, and no time of a
task. Whatever goes wrong is passed over: tasks fetch what is missing, and tell what is wrong.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from molsteer.shared.blobs.connector import ContentKey
from molsteer.shared.blobs.kept import KeptConnector
from molsteer.shared.blobs.opening import open_kept
from molsteer.shared.bus.foreseen.board import ForeseenBoard
from molsteer.shared.errors import MolsteerError
from molsteer.shared.wire.blob import ObjRef, StoreName
from molsteer.shared.wire.messages import Task
from molsteer.shared.wire.topics import SERVING
from molsteer.shared.worker.plan import WorkerPlan

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
"""How often it looks what is foreseen, when nothing happens."""

_REST_S = 0.2
"""How long it rests between two looks, where tasks are short."""

_AGAIN_AFTER_S = 30.0
"""When it asks again for what was not there."""


def needed_next(
    foreseen: Sequence[ObjRef], latest: Collection[str], most_bytes: int
) -> Iterator[ObjRef]:
    """Give what comes behind the latest task, in its order, as much as there is room for.

    Args:
        foreseen: What will be needed; behind the last comes the first again.
        latest: Digests of what the latest task reads.
        most_bytes: What all that is given has together, at most.
    """
    places = [place for place, ref in enumerate(foreseen) if ref.sha256 in latest]
    start = 1 + max(places, default=-1)
    for ref in (*foreseen[start:], *foreseen[:start]):
        most_bytes -= ref.size_bytes
        if most_bytes < 0:
            return
        yield ref


def references(task: Task) -> set[str]:
    """Name the data that a task reads from stores, by its digests."""
    return {ref.sha256 for ref in _within(dict(task.body))}


def _within(value: object) -> Iterator[ObjRef]:
    match value:
        case ObjRef():
            yield value
        case Mapping():
            for part in value.values():
                yield from _within(part)
        case tuple():
            for part in value:
                yield from _within(part)


class Fetching:
    """Keeps what will be needed next, as far as it is known.

    Args:
        plan: What the worker works on, and where it keeps things.
        foreseen: Reads what each campaign will need.
        open_stores: Opens what can be kept.
    """

    def __init__(
        self,
        plan: WorkerPlan,
        foreseen: Callable[[], Sequence[Sequence[ObjRef]]] | None = None,
        open_stores: Callable[[], Mapping[StoreName, KeptConnector]] | None = None,
    ) -> None:
        stores, queue = plan.stores, plan.queue
        self._most_bytes = min(stores.ahead_bytes, stores.keep_bytes // 2)
        # Processes that are forked want no thread beside them; nor is there anything for them.
        forks = SERVING[plan.topic].takes_one_core
        self._is_wanted = bool(stores.keep_directory and self._most_bytes) and not forks
        self._foreseen = foreseen or (
            ForeseenBoard(queue, plan.keys, plan.topic, plan.key_ring).read
        )
        self._open_stores = open_stores or (lambda: open_kept(stores, queue))
        self._latest: set[str] = set()
        self._absent: dict[str, float] = {}
        self._news = threading.Event()

    def note(self, task: Task) -> None:
        """Take note that a task has come, whose message can be trusted."""
        if self._is_wanted:
            self._latest = references(task)
            self._news.set()

    def start(self) -> None:
        """Fetch from now on to the end of this process, if things are kept here."""
        if self._is_wanted:
            threading.Thread(target=self._run, name="fetching", daemon=True).start()

    def _run(self) -> None:
        stores: Mapping[StoreName, KeptConnector] | None = None
        while True:
            try:
                stores = self._open_stores() if stores is None else stores
                self.fetch(stores)
            except (MolsteerError, OSError) as error:
                log.debug("Nothing was fetched in advance: %s", error)
            time.sleep(_REST_S)
            self._news.wait(LOOK_EVERY_S)

    def fetch(self, stores: Mapping[StoreName, KeptConnector]) -> None:
        """Fetch what is needed next and is not here, until something happens.

        Raises:
            ServiceUnavailable: If a server or store does not answer.
        """
        self._news.clear()
        looked_at = time.monotonic()
        lists = [refs for refs in self._foreseen() if refs]
        for refs in lists:
            for ref in needed_next(refs, self._latest, self._most_bytes // len(lists)):
                if ref.store in stores:
                    self._keep(stores[ref.store], ref)
                is_old = time.monotonic() - looked_at > LOOK_EVERY_S
                if is_old and self._news.is_set():  # perhaps something else is next now
                    return

    def _keep(self, store: KeptConnector, ref: ObjRef) -> None:
        key = ContentKey(ref.namespace, ref.sha256, ref.size_bytes)
        if store.is_near(key) or time.monotonic() < self._absent.get(ref.sha256, 0.0):
            return
        store.fetch_ahead(key)
        if not store.is_near(key):  # evicted, say, or a worker beside this one fetches it
            self._absent[ref.sha256] = time.monotonic() + _AGAIN_AFTER_S
