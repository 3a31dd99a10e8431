"""Files of the file store: written to last, and waited for where they are seen late."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from molsteer.shared.blobs.connector import ContentKey
from molsteer.shared.blobs.file_connector import FileConnector
from molsteer.shared.blobs.opening import open_blobs
from molsteer.shared.errors import BlobMissing
from molsteer.shared.settings.sections import QueueSettings, StoreSettings
from molsteer.shared.wire.blob import ObjRef, Placement

pytestmark = pytest.mark.fast

DATA = b"molecules"
KEY = ContentKey.of(DATA, "campaign")


def write(store: FileConnector, _source: Path) -> None:
    store.write(KEY, DATA)


def adopt_by_copy(store: FileConnector, source: Path) -> None:
    source.write_bytes(DATA)
    store.adopt(source, KEY)


@pytest.mark.parametrize("place", [write, adopt_by_copy])
def test_a_file_and_its_name_are_on_the_disk_before_anybody_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: Callable[[FileConnector, Path], None],
) -> None:
    file = tmp_path / "store" / "campaign" / KEY.sha256[:2] / KEY.sha256
    synced: list[tuple[str, bool]] = []

    def note(handle: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        what = "folder" if path == file.parent else path.read_text()
        synced.append((what, file.exists()))

    monkeypatch.setattr("molsteer.shared.blobs.file_connector.os.fsync", note)
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    place(FileConnector(tmp_path / "store"), tmp_path / "source")
    assert synced == [(DATA.decode(), False), ("folder", True)]


def test_data_that_is_seen_late_is_waited_for(tmp_path: Path) -> None:
    ref = put_elsewhere(tmp_path, StoreSettings(directory=tmp_path / "elsewhere"))
    here = open_blobs(StoreSettings(directory=tmp_path / "here"), QueueSettings())
    appears = threading.Timer(
        0.3, (tmp_path / "elsewhere" / "campaign").rename, (tmp_path / "here" / "campaign",)
    )
    appears.start()
    assert here.raw(ref) == DATA
    appears.join()
    here.close()


def test_data_that_never_appears_is_missing_once_the_time_is_over(tmp_path: Path) -> None:
    ref = put_elsewhere(tmp_path, StoreSettings(directory=tmp_path / "elsewhere"))
    settings = StoreSettings(directory=tmp_path / "here", file_wait_s=0.05)
    here = open_blobs(settings, QueueSettings())
    with pytest.raises(BlobMissing, match=KEY.sha256):
        here.raw(ref)
    here.close()


def put_elsewhere(tmp_path: Path, settings: StoreSettings) -> ObjRef:
    blobs = open_blobs(settings, QueueSettings())
    place = Placement(store="file", threshold_bytes=0, namespace="campaign")
    blob = blobs.put(DATA, "raw", place)
    blobs.close()
    assert isinstance(blob, ObjRef)
    return blob


def refuse(*_: object) -> None:
    raise OSError("These are two file systems.")
