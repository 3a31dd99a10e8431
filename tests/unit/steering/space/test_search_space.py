from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from safetensors.numpy import save

from molsteer.steering.space.admission import Admission
from molsteer.steering.space.build import build
from molsteer.steering.space.errors import (
    DamagedSpace,
    OtherAdmission,
    SpaceError,
    UnreadableSource,
)
from molsteer.steering.space.featurize import featurize
from molsteer.steering.space.manifest import MANIFEST_NAME
from molsteer.steering.space.search_space import SearchSpace, open_or_build

pytestmark = pytest.mark.fast

SMILES = (Path(__file__).parents[4] / "examples" / "qm9.smi").read_text().split()[:50]


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spaces")
    (folder / "a.smi").write_text("\n".join(SMILES))
    build([folder / "a.smi"], folder / "space", chunk_size=7)
    return SearchSpace.open(folder / "space")


@pytest.fixture
def fresh(write, tmp_path):
    build([write("a.smi", "CCO\nCC\nN\n")], tmp_path / "space", chunk_size=2)
    return tmp_path / "space"


def test_a_molecule_is_found_by_its_smiles(space):
    asked = [space.smiles(30), "c1ccc2ccccc2c1", space.smiles(0)]
    assert space.find(asked) == [30, None, 0]
    assert space.find([]) == []


def test_a_molecule_is_found_by_its_number(space):
    for index in (0, 6, 7, 49):
        molecule = Chem.MolFromSmiles(SMILES[index])
        assert space.smiles(index) == Chem.MolToSmiles(molecule)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, len(SMILES) - 1), max_size=30))
def test_graphs_come_in_the_order_asked_for(space, indices):
    found = space.graphs(np.array(indices, dtype=np.int64))
    expected = featurize([SMILES[index] for index in indices])
    for name, array in expected.to_arrays().items():
        np.testing.assert_array_equal(found.to_arrays()[name], array, err_msg=name)


@pytest.mark.parametrize("index", [-1, 50])
def test_a_number_outside_the_space_is_an_error(space, index):
    with pytest.raises(IndexError, match=f"Molecule {index} is not among the 50"):
        space.smiles(index)
    with pytest.raises(IndexError):
        space.graphs(np.array([0, index]))


def test_a_folder_without_a_manifest_is_no_space(tmp_path):
    with pytest.raises(DamagedSpace, match=r"space\.json cannot be read .*molsteer space build"):
        SearchSpace.open(tmp_path)


def test_a_missing_or_shortened_file_is_found_at_opening(fresh):
    chunk = SearchSpace.open(fresh).chunks[1].path
    chunk.write_bytes(chunk.read_bytes()[:-1])
    with pytest.raises(DamagedSpace, match=rf"{chunk.name} has \d+ bytes, not \d+"):
        SearchSpace.open(fresh)
    chunk.unlink()
    with pytest.raises(DamagedSpace, match=rf"{chunk.name} is missing"):
        SearchSpace.open(fresh)


def test_a_chunk_that_holds_something_else_is_damaged(fresh):
    space = SearchSpace.open(fresh)
    space.chunks[0].path.write_bytes(b"\x80\x04K\x01." + bytes(space.chunks[0].size_bytes - 5))
    with pytest.raises(DamagedSpace, match="chunk 0 is damaged"):
        space.graphs(np.array([0]))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            {"format": 1},
            "it has format 1, and this version of molsteer reads formats 2 and 3. Build it",
        ),
        ({"molecules": -1}, "damaged at molecules"),
        ({"molecules": 4}, "its chunks do not hold its molecules"),
        ({"colour": "red"}, "damaged at colour"),
        ({"smiles": {"file": "../smiles.npy", "sha256": "0" * 64, "size_bytes": 1}}, "smiles.file"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_explained(fresh, change, complaint):
    document = json.loads((fresh / MANIFEST_NAME).read_text())
    (fresh / MANIFEST_NAME).write_text(json.dumps({**document, **change}))
    with pytest.raises(DamagedSpace, match=complaint):
        SearchSpace.open(fresh)


def test_a_manifest_that_is_no_json_is_explained(fresh):
    (fresh / MANIFEST_NAME).write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(DamagedSpace, match="damaged at the document"):
        SearchSpace.open(fresh)


def test_a_table_of_python_objects_is_refused(fresh):
    path = fresh / "smiles_offsets.npy"
    np.save(path, np.array([None, "a"], dtype=object), allow_pickle=True)
    document = json.loads((fresh / MANIFEST_NAME).read_text())
    document["smiles_offsets"]["size_bytes"] = path.stat().st_size
    (fresh / MANIFEST_NAME).write_text(json.dumps(document))
    with pytest.raises(DamagedSpace, match=r"smiles_offsets\.npy is damaged"):
        SearchSpace.open(fresh)


def test_a_name_that_no_smiles_can_be_is_refused(fresh):
    path = fresh / SearchSpace.open(fresh).manifest.smiles.file
    path.write_bytes(path.read_bytes()[:-1] + b"\x1b")
    space = SearchSpace.open(fresh)
    with pytest.raises(DamagedSpace, match=r"has the name .*x1b"):
        space.smiles(len(space) - 1)


def test_a_file_is_built_once_and_opened_from_then_on(write, tmp_path):
    source = write("a.smi", "CCO\nCC\n")
    first = open_or_build([source], tmp_path / "run" / "spaces", 10)
    built_at = first.chunks[0].path.stat().st_mtime_ns
    again = open_or_build([source], tmp_path / "run" / "spaces", 10)
    assert again.folder == first.folder
    assert again.chunks[0].path.stat().st_mtime_ns == built_at


def test_a_file_that_changed_is_built_again_beside_the_old_one(write, tmp_path):
    first = open_or_build([write("a.smi", "CCO\nCC\n")], tmp_path / "spaces", 10)
    second = open_or_build([write("a.smi", "CCO\n")], tmp_path / "spaces", 10)
    assert (len(first), len(second)) == (2, 1)
    assert first.folder != second.folder


def test_several_files_are_one_space_in_which_each_molecule_is_once(write, tmp_path):
    sources = [write("a.smi", "CCO\nCC\n"), write("b.csv", "inchi,dict\nInChI=1S/CH4/h1H4,{}\n")]
    sources.append(write("c.smi", "OCC\nCN\n"))
    space = open_or_build(sources, tmp_path / "spaces", 10)
    assert [space.smiles(index) for index in range(len(space))] == ["CCO", "CC", "C", "CN"]
    assert space.manifest.rejected_rows == {"duplicate": 1}
    assert open_or_build(sources, tmp_path / "spaces", 10).folder == space.folder
    assert open_or_build(sources[:2], tmp_path / "spaces", 10).folder != space.folder


def test_a_built_space_is_not_one_of_several_files(fresh, write, tmp_path):
    with pytest.raises(UnreadableSource, match=r"it is a folder.*Give a search space alone"):
        open_or_build([fresh, write("a.smi", "CC\n")], tmp_path / "spaces", 10)


def test_a_damaged_copy_of_a_file_is_built_again(write, tmp_path):
    source = write("a.smi", "CCO\nCC\n")
    first = open_or_build([source], tmp_path / "spaces", 10)
    first.chunks[0].path.unlink()
    assert len(open_or_build([source], tmp_path / "spaces", 10)) == 2


def test_the_same_file_with_other_molecules_taken_in_is_another_space(write, tmp_path):
    sources = [write("a.smi", "CCO.Cl\nCC\nC[NH3+]\n")]
    all_kept = Admission(salts="largest-fragment")
    neutral = Admission(salts="largest-fragment", charged="leave-out")
    sizes = [
        len(open_or_build(sources, tmp_path / "spaces", 10, admission=admission))
        for admission in (Admission(), all_kept, neutral, Admission())
    ]
    assert sizes == [2, 3, 2, 2]


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        (Admission(charged="leave-out"), r"it holds 1 charged molecule\. .* --charged leave-out"),
        (Admission(salts="neutral-fragment"), r"built with salts = 'leave-out'\. .* --salts neut"),
    ],
)
def test_settings_that_a_built_space_does_not_fit_are_not_ignored(
    write, tmp_path, wanted, complaint
):
    build([write("a.smi", "CCO\nC[NH3+]\n")], tmp_path / "space", chunk_size=2)
    with pytest.raises(OtherAdmission, match=complaint):
        open_or_build([tmp_path / "space"], tmp_path / "spaces", 10, admission=wanted)


def test_a_built_space_without_charged_molecules_fits_where_they_are_to_be_left_out(
    fresh, tmp_path
):
    wanted = Admission(charged="leave-out")
    assert len(open_or_build([fresh], tmp_path / "spaces", 10, admission=wanted)) == 3


def test_a_folder_is_opened_as_it_is(fresh, tmp_path):
    assert open_or_build([fresh], tmp_path / "spaces", 10).chunk_size == 2
    assert not (tmp_path / "spaces").exists()


def test_a_space_that_is_built_has_no_column_to_choose(fresh, tmp_path):
    with pytest.raises(SpaceError, match=r"is built already.* Leave --smiles-column out"):
        open_or_build([fresh], tmp_path / "spaces", 10, smiles_column="smiles")


def test_another_column_is_another_space(write, tmp_path):
    source = write("a.csv", "smiles,other\nCCO,CCN\n")
    spaces = [
        open_or_build([source], tmp_path / "spaces", 10, smiles_column=column)
        for column in (None, "other", "2")
    ]
    assert [space.smiles(0) for space in spaces] == ["CCO", "CCN", "CCN"]


def test_a_source_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UnreadableSource, match=r"nothing\.smi .* does not exist"):
        open_or_build([tmp_path / "nothing.smi"], tmp_path / "spaces", 10)


def test_a_space_of_the_format_before_is_read(fresh):
    """Its graphs are as they are sent: each bond in both directions."""
    space = SearchSpace.open(fresh)
    everything = np.arange(len(space))
    expected, document = space.graphs(everything), json.loads((fresh / MANIFEST_NAME).read_text())
    for number, (chunk, stored) in enumerate(zip(space.chunks, document["chunks"], strict=True)):
        first = number * space.chunk_size
        graphs = space.graphs(np.arange(first, first + chunk.molecules))
        chunk.path.write_bytes(save(graphs.to_arrays()))
        stored["size_bytes"] = chunk.path.stat().st_size
    (fresh / MANIFEST_NAME).write_text(json.dumps({**document, "format": 2}))
    found = SearchSpace.open(fresh).graphs(everything)
    for name, array in expected.to_arrays().items():
        assert found.to_arrays()[name].tolist() == array.tolist()
