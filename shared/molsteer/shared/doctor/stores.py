"""Checks of the blob stores: data is written, read and deleted in each."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from molsteer.shared.blobs.opening import open_blobs
from molsteer.shared.blobs.port import Blobs
from molsteer.shared.bus.connection import check_answer
from molsteer.shared.doctor.check import Finding
from molsteer.shared.doctor.machine import nearest_folder, room, size
from molsteer.shared.doctor.settings import DeploymentSettings, queue_at_hand
from molsteer.shared.errors import NotAllowed, ServiceUnavailable
from molsteer.shared.wire.blob import ObjRef, Placement, StoreName

TRIAL_BYTES = 1_000_000

_AnswerT = TypeVar("_AnswerT")


def look_at_store(settings: DeploymentSettings, name: StoreName) -> Iterator[Finding]:
    """Try one of the stores out, leaving nothing in it."""
    folder = settings.stores.directory
    if name == "file" and folder is None:
        yield _nowhere(settings)
        return
    with queue_at_hand(settings) as queue, _tried(folder) as directory:
        if name == "redis":
            check_answer(queue.server_url)
        trial = {"directory": directory, "cache_objects": 0}
        blobs = open_blobs(settings.stores.model_copy(update=trial), queue)
        try:
            yield _trial(blobs, name)
        finally:
            blobs.close()
    if name == "file" and folder is not None:
        yield room(folder)


def _nowhere(settings: DeploymentSettings) -> Finding:
    if settings.workers.local:
        return Finding("skipped", "It lies in the run directory.")
    return Finding(
        "problem",
        "It has no folder that workers elsewhere can see.",
        "Set [stores] directory to a folder that every service sees, or choose the store redis.",
    )


@contextmanager
def _tried(folder: Path | None) -> Iterator[Path | None]:
    """Give the store's folder, or a passing one beside it if it is not there yet."""
    if folder is None or folder.is_dir():
        yield folder
        return
    try:
        passing = tempfile.TemporaryDirectory(dir=nearest_folder(folder), prefix=".molsteer-")
    except OSError as error:
        cure = "Name a folder in [stores] directory that can be made, is writable and has room."
        reason = error.strerror or str(error)
        raise ServiceUnavailable("The file store", str(folder), reason, cure) from None
    with passing as name:
        yield Path(name)


def _trial(blobs: Blobs, name: StoreName) -> Finding:
    namespace, data = f"doctor-{secrets.token_hex(4)}", os.urandom(TRIAL_BYTES)
    placement = Placement(store=name, threshold_bytes=0, namespace=namespace)
    try:
        blob, written_s = _timed(lambda: blobs.put(data, "raw", placement))
        read, read_s = _timed(lambda: blobs.raw(blob))
        refs = [blob] if isinstance(blob, ObjRef) else []
        _, deleted_s = _timed(lambda: blobs.evict(refs))
        stays = [ref.key for ref in refs if blobs.exists(ref)]
    finally:
        # Workers' users may not, and leave nothing but what they could not delete.
        with suppress(NotAllowed):
            blobs.clear(namespace)
    if read != data or stays:
        cure = "Look for caches between this machine and the store."
        return Finding("problem", "It does not give back or delete what was put there.", cure)
    return Finding(
        "ok",
        f"{size(TRIAL_BYTES)} written in {1000 * written_s:.1f} ms, read in "
        f"{1000 * read_s:.1f} ms, deleted in {1000 * deleted_s:.1f} ms.",
    )


def _timed(action: Callable[[], _AnswerT]) -> tuple[_AnswerT, float]:
    started_at = time.perf_counter()
    answer = action()
    return answer, time.perf_counter() - started_at
