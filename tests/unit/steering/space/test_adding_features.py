"""Features of a space are complete or not there, and what was computed is not computed again."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molsteer.shared.errors import RefusedFolder
from molsteer.shared.wire.arrays.features import Features
from molsteer.steering.space.build import build
from molsteer.steering.space.errors import DamagedSpace, SpaceError
from molsteer.steering.space.features import adding_features
from molsteer.steering.space.features.adding_features import add_features
from molsteer.steering.space.features.featurizing import featurize_smiles
from molsteer.steering.space.manifest import MANIFEST_NAME
from molsteer.steering.space.progress import Progress
from molsteer.steering.space.search_space import SearchSpace

pytestmark = pytest.mark.fast

SMILES = (Path(__file__).parents[4] / "examples" / "qm9.smi").read_text().split()[:30]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding_features, "_BATCH_SIZE", 3)


@pytest.fixture
def folder(write: Callable[[str, str], Path], tmp_path: Path) -> Path:
    build([write("a.smi", "\n".join(SMILES))], tmp_path / "space", chunk_size=7, processes=1)
    return tmp_path / "space"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    folder = tmp_path_factory.mktemp("spaces")
    (folder / "a.smi").write_text("\n".join(SMILES))
    build([folder / "a.smi"], folder / "space", chunk_size=7, processes=1)
    add_features(folder / "space", processes=1)
    return SearchSpace.open(folder / "space")


def same(one: Features, other: Features) -> None:
    arrays = other.to_arrays()
    for name, array in one.to_arrays().items():
        np.testing.assert_array_equal(array, arrays[name], err_msg=name)


def computed(folder: Path) -> int:
    """Add features, and count the molecules for which they were computed."""
    seen = [Progress(0, 0, 0, 0)]
    add_features(folder, processes=1, on_progress=seen.append)
    return seen[-1].molecules


def interrupt(progress: Progress) -> None:
    if progress.molecules > 15:
        raise KeyboardInterrupt


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, len(SMILES) - 1), max_size=12))
def test_features_come_in_the_order_asked_for(space: SearchSpace, indices: list[int]) -> None:
    found = space.features(np.array(indices, dtype=np.int64))
    same(found, featurize_smiles([space.smiles(index) for index in indices]))


def test_a_number_outside_the_space_has_no_features(space: SearchSpace) -> None:
    with pytest.raises(IndexError, match="Molecule 30 is not among the 30"):
        space.features(np.array([0, 30]))


def test_several_processes_write_the_same_files(folder: Path, space: SearchSpace) -> None:
    assert add_features(folder, processes=2).features == space.manifest.features


def test_molecules_are_the_same_with_features_and_without(folder: Path) -> None:
    before = SearchSpace.open(folder)
    assert before.feature_chunks == ()
    add_features(folder, processes=1)
    after = SearchSpace.open(folder)
    assert after.digest == before.digest
    assert [chunk.molecules for chunk in after.feature_chunks] == [7, 7, 7, 7, 2]


def test_a_space_without_features_says_how_it_gets_them(folder: Path) -> None:
    with pytest.raises(DamagedSpace, match=r"no features .* molsteer space features .*space"):
        SearchSpace.open(folder).features(np.array([0]))


def test_a_space_that_knows_nothing_of_features_opens_as_before(folder: Path) -> None:
    document = json.loads((folder / MANIFEST_NAME).read_text())
    del document["features"]
    (folder / MANIFEST_NAME).write_text(json.dumps(document))
    assert SearchSpace.open(folder).feature_chunks == ()
    assert computed(folder) == 30


def test_a_computation_that_ended_early_goes_on(folder: Path, space: SearchSpace) -> None:
    with pytest.raises(KeyboardInterrupt):
        add_features(folder, processes=1, on_progress=interrupt)
    assert SearchSpace.open(folder).feature_chunks == ()
    assert computed(folder) == 30 - 14
    assert SearchSpace.open(folder).manifest.features == space.manifest.features
    assert len(list((folder / "features").iterdir())) == 5
    assert computed(folder) == 0


@pytest.mark.parametrize(
    ("damage", "left"),
    [
        (lambda note: note[:-9], 30 - 7),
        (lambda note: b"\xff" + note, 30),
        (lambda note: note.replace(b'"rdkit":"20', b'"rdkit":"19'), 30),
        (lambda note: note + b'[99,{"file":"features/a.b","sha256":"' + b"0" * 64, 30 - 14),
        (lambda note: note[: note.index(b"\n")], 30),
        (lambda _note: b"", 30),
    ],
)
def test_a_note_of_what_was_done_that_is_damaged_costs_work_alone(
    folder: Path, damage: Callable[[bytes], bytes], left: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        add_features(folder, processes=1, on_progress=interrupt)
    note = folder / "features" / "unfinished.jsonl"
    note.write_bytes(damage(note.read_bytes()))
    assert computed(folder) == left
    SearchSpace.open(folder).features(np.arange(30))


def test_a_missing_or_shortened_file_is_found_at_opening_and_replaced(folder: Path) -> None:
    add_features(folder, processes=1)
    file = SearchSpace.open(folder).feature_chunks[1].path
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(DamagedSpace, match=r"has \d+ bytes, not \d+\. Compute them with: molsteer"):
        SearchSpace.open(folder)
    file.unlink()
    with pytest.raises(
        DamagedSpace, match=r"is missing\. Compute them with: molsteer space features"
    ):
        SearchSpace.open(folder)
    assert computed(folder) == 7
    SearchSpace.open(folder).features(np.arange(30))


@pytest.mark.parametrize(
    "begin",
    [
        b"\x80\x04K\x01.",
        b"\xff" * 8,
        b"\x02" + bytes(7) + b"[]",
        b"\x0a" + bytes(7) + b'{"a": [1]}',
        b"\x15" + bytes(7) + b'{"a":{"data_offsets"}',
    ],
)
def test_a_file_that_holds_something_else_is_found_and_replaced(folder: Path, begin: bytes) -> None:
    add_features(folder, processes=1)
    space = SearchSpace.open(folder)
    chunk = space.feature_chunks[0]
    chunk.path.write_bytes(begin + bytes(chunk.size_bytes - len(begin)))
    with pytest.raises(DamagedSpace, match="the features of its chunk 0 are damaged"):
        space.features(np.array([0]))
    assert computed(folder) == 7
    SearchSpace.open(folder).features(np.array([0]))


def test_features_of_other_molecules_are_not_taken_for_those_of_a_chunk(folder: Path) -> None:
    add_features(folder, processes=1)
    space = SearchSpace.open(folder)
    space.feature_chunks[0].path.write_bytes(space.feature_chunks[4].path.read_bytes())
    with pytest.raises(DamagedSpace, match=r"chunk 0 are damaged \(it holds 2 molecules"):
        space.features(np.array([0]))


@pytest.mark.parametrize("other", [{"rdkit": "2019.03.1"}, {"version": 99}])
def test_features_of_another_version_are_computed_again(
    folder: Path, other: dict[str, object]
) -> None:
    add_features(folder, processes=1)
    document = json.loads((folder / MANIFEST_NAME).read_text())
    document["features"].update(other)
    (folder / MANIFEST_NAME).write_text(json.dumps(document))
    assert (SearchSpace.open(folder).feature_chunks == ()) == ("version" in other)
    assert computed(folder) == 30
    assert len(SearchSpace.open(folder).feature_chunks) == 5


def test_features_that_are_not_of_the_molecules_are_refused(folder: Path) -> None:
    add_features(folder, processes=1)
    document = json.loads((folder / MANIFEST_NAME).read_text())
    document["features"]["chunks"].pop()
    (folder / MANIFEST_NAME).write_text(json.dumps(document))
    with pytest.raises(DamagedSpace, match="its features are not of its molecules"):
        SearchSpace.open(folder)


def test_two_do_not_compute_the_same_features(folder: Path) -> None:
    (folder / "features").mkdir()
    held = os.open(folder / "features", os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(SpaceError, match="Another process computes the features"):
            add_features(folder)
    finally:
        os.close(held)


def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    (folder / "features").write_text("")
    with pytest.raises(RefusedFolder, match=r"space .*\. Check free space and permissions"):
        add_features(folder)
    assert SearchSpace.open(folder).feature_chunks == ()
