"""A search space that grows is another one, and that which it grew from stays as it is."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from molsteer.steering.space.admission import Admission, Filter
from molsteer.steering.space.build import build
from molsteer.steering.space.errors import DamagedSpace, SpaceError
from molsteer.steering.space.features.adding_features import add_features
from molsteer.steering.space.growth.checking import check_grown
from molsteer.steering.space.growth.layer import grow
from molsteer.steering.space.search_space import SearchSpace

pytestmark = pytest.mark.fast

FIRST = ["CCO", "CCN", "CCF", "c1ccccc1", "CC(=O)O"]
MORE = ["CCCl", "OCC", "CCS", "C#N", "CO", "CS", "nonsense"]


def file_of(folder: Path, name: str, smiles: list[str]) -> Path:
    file = folder / name
    file.write_text("smiles,id\n" + "".join(f"{each},{each}!\n" for each in smiles))
    return file


def space_of(folder: Path, name: str, *sources: Path) -> SearchSpace:
    build(sources, folder / name, chunk_size=2, processes=1)
    return SearchSpace.open(folder / name)


def grown(base: SearchSpace, source: Path, admission: Admission | None = None) -> SearchSpace:
    folder = source.parent / "grown"
    grow(base, [source], folder, admission=admission or Admission(), processes=1)
    return SearchSpace.open(folder)


def contents(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.mark.parametrize("count", [4, 5])
def test_it_is_what_would_have_been_built_of_both_files(tmp_path: Path, count: int) -> None:
    first, more = (
        file_of(tmp_path, "first.csv", FIRST[:count]),
        file_of(tmp_path, "more.csv", MORE),
    )
    base = space_of(tmp_path, "space", first)
    before = contents(base.folder)
    found = grown(base, more)
    both = space_of(tmp_path, "both", first, more)
    assert contents(base.folder) == before
    assert found.digest == both.digest
    check_grown(base, found, both.digest)
    assert [found.smiles(index) for index in range(len(found))] == [
        both.smiles(index) for index in range(len(both))
    ]
    assert found.own_cells(count) == {"id": "CCCl!"}
    assert found.own_cells(0) == {"id": "CCO!"}
    assert found.manifest.rejected_rows == both.manifest.rejected_rows
    listed = (found.folder / "rejected.csv").read_text()
    assert "duplicate of molecule 0: CCO" in listed
    assert listed.count("reason") == 1
    assert [
        each.name for each in found.folder.iterdir() if each.name.startswith(("new", "."))
    ] == []


def test_full_chunks_are_not_there_twice(tmp_path: Path) -> None:
    base = space_of(tmp_path, "space", file_of(tmp_path, "first.csv", FIRST))
    found = grown(base, file_of(tmp_path, "more.csv", MORE))
    for before, after in zip(base.chunks[:2], found.chunks[:2], strict=True):
        assert before.path.stat().st_ino == after.path.stat().st_ino


def test_features_are_computed_of_what_is_new_alone(tmp_path: Path) -> None:
    folder = space_of(tmp_path, "space", file_of(tmp_path, "first.csv", FIRST)).folder
    add_features(folder, processes=1)
    base = SearchSpace.open(folder)
    told = []
    more = file_of(tmp_path, "more.csv", MORE)
    grow(
        base,
        [more],
        tmp_path / "grown",
        admission=Admission(),
        processes=1,
        on_progress=told.append,
    )
    found = SearchSpace.open(tmp_path / "grown")
    assert [each.bytes_total for each in told if each.features][-1] == len(found) - 4
    everything = np.arange(len(base))
    assert np.array_equal(
        found.features(everything).descriptors, base.features(everything).descriptors
    )
    assert len(found.features(np.arange(len(found)))) == len(found)


def test_columns_of_new_files_come_behind_those_there_were(tmp_path: Path) -> None:
    (tmp_path / "first.smi").write_text("CCO\nCCN\nCCF\n")
    base = space_of(tmp_path, "space", tmp_path / "first.smi")
    found = grown(base, file_of(tmp_path, "more.csv", ["CCCl", "CCO"]))
    assert found.own_cells(1) == {}
    assert found.own_cells(3) == {"id": "CCCl!"}


def test_molecules_that_a_filter_leaves_out_or_that_are_there_make_no_space(
    tmp_path: Path,
) -> None:
    base = space_of(tmp_path, "space", file_of(tmp_path, "first.csv", FIRST))
    more = file_of(tmp_path, "more.csv", ["CCCl", "OCC"])
    with pytest.raises(SpaceError, match="There is no usable molecule"):
        grown(base, more, Admission(filter=Filter(elements=("C", "O"))))
    assert not (tmp_path / "grown").exists()


def test_a_space_that_grew_from_another_one_is_told(tmp_path: Path) -> None:
    base = space_of(tmp_path, "space", file_of(tmp_path, "first.csv", FIRST))
    other = space_of(tmp_path, "other", file_of(tmp_path, "other.csv", [*MORE, *FIRST]))
    with pytest.raises(DamagedSpace, match="did not grow from"):
        check_grown(base, other, other.digest)
    with pytest.raises(DamagedSpace, match="did not grow from"):
        check_grown(base, base, base.digest)
