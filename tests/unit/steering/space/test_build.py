from __future__ import annotations

import csv
import hashlib

import numpy as np
import pytest

from molsteer.shared.errors import RefusedFolder
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.steering.space.admission import Admission
from molsteer.steering.space.build import build
from molsteer.steering.space.errors import SpaceError
from molsteer.steering.space.featurize import featurize
from molsteer.steering.space.files.sources import MoleculesFile
from molsteer.steering.space.search_space import SearchSpace

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
    second = write("b.csv", "smiles\nC(O)C\nN\n[He]\nN\n")
    space = built([first, second], tmp_path / "space")
    assert [space.smiles(index) for index in range(len(space))] == ["CCO", "N"]
    assert rejected(space) == [
        (str(first), "2", "hello", "not a SMILES"),
        (str(first), "5", "C.C", "several fragments"),
        (str(second), "4", "[He]", "a single atom"),
        (str(first), "4", "OCC", "duplicate of line 1: CCO"),
        (str(second), "2", "C(O)C", f"duplicate of line 1 of {first}: CCO"),
        (str(second), "5", "N", "duplicate of line 3: N"),
    ]
    assert space.manifest.rejected_rows == {
        "a single atom": 1,
        "duplicate": 3,
        "not a SMILES": 1,
        "several fragments": 1,
    }
    assert space.manifest.examples == {
        "not a SMILES": f"'hello' in line 2 of {first}",
        "several fragments": f"'C.C' in line 5 of {first}",
        "a single atom": f"'[He]' in line 4 of {second}",
        "duplicate": f"'OCC' in line 4 of {first}, duplicate of line 1: CCO",
    }
    assert [source.rows for source in space.manifest.sources] == [4, 4]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C[C@H](N)O", "C[C@@H](N)O"),
        ("F/C=C/F", "F/C=C\\F"),
        ("O=c1cccc[nH]1", "Oc1ccccn1"),
        ("CC(=O)CC(C)=O", "CC(=O)C=C(C)O"),
        ("[NH3+]CC([O-])=O", "NCC(O)=O"),
        ("C", "[2H]C"),
        ("C", "[13CH4]"),
        ("Cl[Pt@SP1](Cl)([NH3])[NH3]", "Cl[Pt@SP2](Cl)([NH3])[NH3]"),
    ],
)
def test_what_is_computed_differently_is_two_molecules(write, tmp_path, one, other):
    space = built([write("a.smi", f"{one}\n{other}\n")], tmp_path / "space")
    assert len(space) == 2
    assert len({space.smiles(0), space.smiles(1)}) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CCO", "[CH3:1][CH2:2]O[H:3]"),
        ("c1ccccc1", "C1=CC=CC=C1"),
        ("CN(=O)=O", "C[N+](=O)[O-]"),
        ("N[C@@H](C)O", "O[C@H](C)N"),
        ("[H][H]", "[H:1][H:2]"),
        ("CCO", "InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3"),
    ],
)
def test_spellings_of_one_molecule_are_one(write, tmp_path, one, other):
    space = built([write("a.smi", f"{one}\n{other}\n")], tmp_path / "space")
    assert space.manifest.rejected_rows == {"duplicate": 1}


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


SALTS = "CCO.Cl\nCC(=O)[O-].[Na+]\n[Na+].[Cl-]\nC[N+](C)(C)C.[Br-]\n[NH3+]CC([O-])=O.O\nCCO\n"


def taken_in(write, tmp_path, text, **options):
    space = built([write("a.smi", text)], tmp_path / "space", admission=Admission(**options))
    return space, [space.smiles(index) for index in range(len(space))]


def test_salts_are_left_out_unless_asked_for(write, tmp_path):
    space, molecules = taken_in(write, tmp_path, SALTS)
    assert molecules == ["CCO"]
    assert space.manifest.rejected_rows == {"several fragments": 5}
    assert space.manifest.changed_rows == {}


def test_of_salts_the_largest_organic_fragment_is_kept_and_every_change_is_listed(write, tmp_path):
    space, molecules = taken_in(write, tmp_path, SALTS, salts="largest-fragment")
    assert molecules == ["CCO", "CC(=O)[O-]", "C[N+](C)(C)C", "[NH3+]CC(=O)[O-]"]
    assert space.manifest.rejected_rows == {"duplicate": 1, "several fragments": 1}
    assert space.manifest.changed_rows == {"salt, largest fragment kept": 4}
    assert space.manifest.charged == 2
    listed = (space.folder / space.manifest.changed.file).read_text().splitlines()
    assert listed[0] == "source,line,smiles,molecule"
    assert listed[1].endswith("a.smi,1,CCO.Cl,CCO")
    assert space.manifest.examples["salt, largest fragment kept"] == "'CCO.Cl' in line 1, now CCO"


def test_fragments_are_made_neutral_where_protons_can_do_it(write, tmp_path):
    space, molecules = taken_in(write, tmp_path, SALTS, salts="neutral-fragment")
    assert molecules == ["CCO", "CC(=O)O", "C[N+](C)(C)C", "[NH3+]CC(=O)[O-]"]
    assert space.manifest.changed_rows == {
        "salt, largest fragment kept": 3,
        "salt, largest fragment kept and neutralised": 1,
    }
    assert space.manifest.charged == 1


def test_what_is_no_salt_keeps_its_charge(write, tmp_path):
    _, molecules = taken_in(write, tmp_path, "CC(=O)[O-]\nCCO", salts="neutral-fragment")
    assert molecules == ["CC(=O)[O-]", "CCO"]


def test_charged_molecules_are_left_out_where_that_is_asked_for(write, tmp_path):
    text = "[NH4+]\n[OH-]\n[NH3+]CC([O-])=O\nCCO"
    space, molecules = taken_in(write, tmp_path, text, charged="leave-out")
    assert molecules == ["[NH3+]CC(=O)[O-]", "CCO"]
    assert space.manifest.rejected_rows == {"charged": 2}
    assert space.manifest.charged == 0


def test_a_level_that_a_package_brings_may_know_more_elements(write, tmp_path):
    _, molecules = taken_in(write, tmp_path, "[He]\n[Na+]\nF[U](F)F\nC*", level="heavy")
    assert molecules == ["[He]", "[Na+]", "[F][U]([F])[F]"]


def test_an_inchi_that_leaves_hydrogens_open_gives_the_amide_and_is_told(write, tmp_path):
    rows = {
        "InChI=1S/C3H7NO/c1-3(5)4-2/h1-2H3,(H,4,5)": "CNC(C)=O",
        "InChI=1S/CH4N2O/c2-1(3)4/h(H4,2,3,4)": "NC(N)=O",
        "InChI=1S/C4H5NO2/c6-3-1-2-4(7)5-3/h1-2H2,(H,5,6,7)": "O=C1CCC(=O)N1",
        "InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3": "CCO",
    }
    table = "\n".join(["inchi", *(f'"{inchi}"' for inchi in rows)])
    space = built([write("a.csv", table)], tmp_path / "space")
    assert [space.smiles(index) for index in range(len(space))] == [*rows.values()]
    assert space.manifest.changed_rows == {"InChI that does not say where hydrogens are": 3}


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
    with pytest.raises(RefusedFolder, match=r"nowhere is not a folder"):
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
