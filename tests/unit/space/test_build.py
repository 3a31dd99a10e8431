from __future__ import annotations

import csv
import hashlib

import numpy as np
import pytest

from molsteer.shared.graphs import PackedGraphs
from molsteer.steering.errors import RefusedFolder
from molsteer.steering.space.build import build
from molsteer.steering.space.errors import SpaceError
from molsteer.steering.space.featurize import featurize
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.space.sources import MoleculesFile

pytestmark = pytest.mark.fast


def built(sources, folder, chunk_size=2, **options):
    build(sources, folder, chunk_size=chunk_size, **options)
    return SearchSpace.open(folder)


def rejected(space):
    with (space.folder / space.manifest.rejected.file).open(newline="") as file:
        return [tuple(cells) for cells in csv.reader(file)][1:]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_molecules_keep_their_order_and_lie_in_chunks_of_equal_size(write, tmp_path):
    smiles = ["CCO", "CC", "C1CC1", "N", "CO"]
    space = built([write("a.smi", "\n".join(smiles))], tmp_path / "space")
    assert [space.smiles(index) for index in range(len(space))] == smiles
    assert [chunk.molecules for chunk in space.chunks] == [2, 2, 1]


def test_a_chunk_is_named_by_its_content(write, tmp_path):
    space = built([write("a.smi", "CCO\nCC\nN\n")], tmp_path / "space")
    for chunk in space.chunks:
        data = chunk.path.read_bytes()
        assert chunk.path.stem == chunk.sha256 == hashlib.sha256(data).hexdigest()
        assert chunk.size_bytes == len(data)


def test_rows_left_out_are_listed_with_their_place_and_reason(write, tmp_path):
    first = write("a.smi", "CCO\nhello\n\nOCC again\nC.C\n")
    second = write("b.csv", "smiles\nC(O)C\nN\n[H][H]\nN\n")
    space = built([first, second], tmp_path / "space")
    assert [space.smiles(index) for index in range(len(space))] == ["CCO", "N"]
    assert rejected(space) == [
        (str(first), "2", "hello", "not a SMILES"),
        (str(first), "5", "C.C", "several fragments"),
        (str(second), "4", "[H][H]", "no heavy atom"),
        (str(first), "4", "OCC", "duplicate of line 1"),
        (str(second), "2", "C(O)C", f"duplicate of line 1 of {first}"),
        (str(second), "5", "N", "duplicate of line 3"),
    ]
    assert space.manifest.rejected_rows == {
        "duplicate": 3,
        "no heavy atom": 1,
        "not a SMILES": 1,
        "several fragments": 1,
    }
    assert [source.rows for source in space.manifest.sources] == [4, 4]


def test_mirror_images_are_two_molecules(write, tmp_path):
    space = built([write("a.smi", "C[C@H](N)O\nC[C@@H](N)O\n")], tmp_path / "space")
    assert len(space) == 2
    assert len({space.smiles(0), space.smiles(1)}) == 2


def test_chunks_with_the_same_graphs_share_a_file(write, tmp_path):
    space = built([write("a.smi", "C[C@H](N)O\nC[C@@H](N)O\n")], tmp_path / "space", chunk_size=1)
    assert [chunk.path for chunk in space.chunks] == 2 * [space.chunks[0].path]
    assert len(names(tmp_path / "space" / "chunks")) == 1


def test_the_digest_tells_the_molecules_whatever_file_they_came_from(write, tmp_path):
    plain = built([write("a.smi", "CCO\nCC\n")], tmp_path / "plain")
    other = built([write("b.csv.gz", "smiles\nCCO\nCC\nCC\n")], tmp_path / "other")
    turned = built([write("c.smi", "CC\nCCO\n")], tmp_path / "turned")
    assert plain.digest == other.digest != turned.digest


def test_inchis_give_the_same_molecules_as_smiles(write, tmp_path):
    inchis = ["InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3", "InChI=1S/H3N/h1H3", "InChI=1S/no"]
    table = "\n".join(["inchi,dict", *(f'"{inchi}",{{}}' for inchi in inchis)])
    theirs = built([write("MOS.csv", table)], tmp_path / "theirs")
    ours = built([write("a.smi", "CCO\nN\n")], tmp_path / "ours")
    assert [theirs.smiles(index) for index in range(len(theirs))] == ["CCO", "N"]
    assert theirs.manifest.smiles == ours.manifest.smiles
    assert [row[1:3] for row in rejected(theirs)] == [("4", inchis[2])]


def test_what_is_stored_is_what_featurizing_gives(write, tmp_path):
    smiles = ["CCO", "c1ccccc1", "CC(=O)O"]
    space = built([write("a.smi", "\n".join(smiles))], tmp_path / "space", chunk_size=3)
    stored, fresh = space.graphs(np.arange(3)), featurize(smiles)
    assert isinstance(stored, PackedGraphs)
    for name, array in fresh.to_arrays().items():
        np.testing.assert_array_equal(stored.to_arrays()[name], array)


@pytest.mark.parametrize("text", ["", "smiles\n", "hello\nC.C\n"])
def test_a_file_without_a_usable_molecule_is_refused_and_leaves_nothing(write, tmp_path, text):
    source = write("a.smi", text)
    with pytest.raises(SpaceError, match=r"no usable molecule in .*a\.smi"):
        built([source], tmp_path / "space")
    assert names(tmp_path) == ["a.smi"]


def test_a_build_that_fails_in_the_middle_leaves_nothing(write, tmp_path):
    source = write("a.smi", "C\n" * 1500)

    def interrupt(progress):
        if progress.rows >= 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        built([source], tmp_path / "space", on_progress=interrupt)
    assert names(tmp_path) == ["a.smi"]


def test_a_file_that_breaks_off_leaves_nothing(write, tmp_path):
    source = write("a.smi.gz", "CCO\n" * 1000)
    source.write_bytes(source.read_bytes()[:-12])
    with pytest.raises(SpaceError, match="Check that it is complete"):
        built([source], tmp_path / "space")
    assert names(tmp_path) == ["a.smi.gz"]


def test_a_space_that_exists_is_replaced_only_when_asked(write, tmp_path):
    old, new = write("a.smi", "CCO\n"), write("b.smi", "CC\n")
    folder = tmp_path / "space"
    built([old], folder)
    with pytest.raises(RefusedFolder, match=r"exists already.*--force"):
        built([new], folder)
    assert SearchSpace.open(folder).smiles(0) == "CCO"
    assert built([new], folder, replace=True).smiles(0) == "CC"
    assert names(tmp_path) == ["a.smi", "b.smi", "space"]


def test_a_failed_replacement_keeps_the_old_space(write, tmp_path):
    built([write("a.smi", "CCO\n")], tmp_path / "space")
    with pytest.raises(SpaceError):
        built([write("b.smi", "hello\n")], tmp_path / "space", replace=True)
    assert SearchSpace.open(tmp_path / "space").smiles(0) == "CCO"


def test_a_folder_with_something_else_in_it_is_never_replaced(write, tmp_path):
    source = write("a.smi", "CCO\n")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("keep me")
    with pytest.raises(RefusedFolder, match=r"holds no space\.json"):
        built([source], tmp_path / "home", replace=True)
    assert names(tmp_path / "home") == ["letter.txt"]


def test_an_empty_folder_is_filled(write, tmp_path):
    (tmp_path / "space").mkdir()
    assert len(built([write("a.smi", "CCO\n")], tmp_path / "space")) == 1


def test_a_missing_parent_folder_is_named(write, tmp_path):
    with pytest.raises(RefusedFolder, match=r"nowhere is no folder"):
        built([write("a.smi", "CCO\n")], tmp_path / "nowhere" / "space")


def test_drafts_of_killed_builds_are_removed_by_the_next_one(write, tmp_path):
    abandoned = tmp_path / ".space.partial-00000000"
    (abandoned / "chunks").mkdir(parents=True)
    built([write("a.smi", "CCO\n")], tmp_path / "space")
    assert names(tmp_path) == ["a.smi", "space"]


def test_a_large_file_is_never_held_as_a_whole(write, tmp_path):
    source = write("a.smi", "C\n" * 100_000)
    file = MoleculesFile(source)
    next(file.rows())
    assert file.bytes_read < file.size_bytes
