"""No name that arrives leads out of its folder, and no data is used that is not what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from molsteer.shared.blobs.connector import ContentKey
from molsteer.shared.blobs.file_connector import FileConnector
from molsteer.shared.errors import BlobCorrupt, SettingsError
from molsteer.shared.wire.blob import COMMON, ObjRef
from molsteer.shared.wire.messages import CampaignId, TaskId
from molsteer.steering.settings.campaign import load_campaign
from molsteer.steering.space.manifest import FileName

pytestmark = pytest.mark.fast

DIGEST = "ab" * 32

NAMES = st.text(max_size=80) | st.from_regex(r"[a-z0-9./\\~$:\n\x00-]{0,80}", fullmatch=True)
"""Anything, and much of what paths are made of."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


def lies_below(folder: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve()) and path.resolve() != folder.resolve()


@given(namespace=NAMES, digest=NAMES | st.just(DIGEST), size_bytes=st.integers())
def test_a_reference_names_a_place_in_its_store_or_is_refused(
    folder: Path, namespace: str, digest: str, size_bytes: int
) -> None:
    try:
        ref = ObjRef(
            store="file",
            namespace=namespace,
            key="../../etc/passwd",
            codec="raw",
            sha256=digest,
            size_bytes=size_bytes,
        )
    except ValidationError:
        return
    key = ContentKey(ref.namespace, ref.sha256, ref.size_bytes)
    assert lies_below(folder / namespace, folder / FileConnector(folder).locate(key))


@given(NAMES)
def test_a_file_of_a_space_lies_in_its_folder_or_is_refused(name: str) -> None:
    try:
        TypeAdapter(FileName).validate_python(name)
    except ValidationError:
        return
    assert lies_below(Path("/nowhere/space"), Path("/nowhere/space") / name)


@given(NAMES)
def test_a_campaign_lies_below_runs_or_is_refused(name: str) -> None:
    try:
        settings = load_campaign(None, {"campaign": {"name": name, "space": "space"}})
    except SettingsError:
        return
    assert lies_below(Path("runs"), settings.run_dir)


@given(NAMES, st.sampled_from([CampaignId, TaskId]))
def test_a_name_in_a_message_is_one_plain_word(name: str, kind: object) -> None:
    try:
        TypeAdapter(kind).validate_python(name)
    except ValidationError:
        return
    assert not {".", "\\", "\0", "\n", "~"} & set(name)
    assert not name.startswith("/")


def test_of_a_file_that_grew_no_more_is_read_than_was_promised(tmp_path: Path) -> None:
    store = FileConnector(tmp_path)
    key = store.put(b"small", namespace=COMMON)
    path = tmp_path / store.locate(key)
    with path.open("wb") as file:
        file.truncate(10**12)  # takes no space on the disk, and more memory than there is
    with pytest.raises(BlobCorrupt, match="longer instead of 5"):
        store.get(key)
