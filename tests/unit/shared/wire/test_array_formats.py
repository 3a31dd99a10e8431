"""What travels as arrays is read as it was written, and what does not fit together is refused."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.molecules import some_molecules

from molsteer.shared.wire.arrays.candidates import Candidates
from molsteer.shared.wire.arrays.features import Counts, Features, join
from molsteer.shared.wire.arrays.thin_graphs import graphs_in, thin
from molsteer.shared.wire.arrays.training_set import LabelledGraphs
from molsteer.shared.wire.graphs import ATOM_VOCABULARY, BOND_VOCABULARY, PackedGraphs

pytestmark = pytest.mark.fast

ROW = np.array([4, 0, 2], dtype=np.int64)
VALUES = np.array([[3.0, 2.0, 1.0], [-1.0, 0.0, 7.0]], dtype=np.float32)
COUNTS = Counts(
    code=np.array([3, 9, 2**32 - 1, 3], dtype=np.uint32),
    count=np.array([1, 255, 2, 7], dtype=np.uint8),
    entries=np.array([3, 0, 1], dtype=np.uint16),
)
FEATURES = Features(
    COUNTS,
    Counts(COUNTS.code[:0], COUNTS.count[:0], np.zeros(3, dtype=np.uint16)),
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.arange(6, dtype=np.float32).reshape(3, 2),
)
CANDIDATES = Candidates(row=ROW, score=VALUES[0], mean=VALUES, spread=np.abs(VALUES))


def test_candidates_are_read_as_they_were_written() -> None:
    read = Candidates.from_arrays(CANDIDATES.to_arrays(), outputs=2, molecules=5)
    assert len(read) == 3
    assert read.row.tolist() == [4, 0, 2]
    assert read.mean.tolist() == VALUES.tolist()


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        ("row", ROW.astype(np.int32), "no rows"),
        ("row", ROW[None], "no rows"),
        ("row", np.array([4, 0, 5], dtype=np.int64), "not rows of the chunk"),
        ("row", np.array([4, 0, -1], dtype=np.int64), "not rows of the chunk"),
        ("row", np.array([4, 0, 4], dtype=np.int64), "not rows of the chunk"),
        ("score", VALUES[0].astype(np.float64), "without score"),
        ("score", np.array([1.0, np.nan, 0.0], dtype=np.float32), "not a number"),
        ("mean", VALUES[:1], r"the mean .* shape \(1, 3\), not \(2, 3\)"),
        ("spread", VALUES[0], r"the spread .* shape \(3,\)"),
        ("spread", np.full((2, 3), np.inf, dtype=np.float32), "a spread .* not a number"),
    ],
)
def test_candidates_that_do_not_fit_their_chunk_are_refused(
    name: str, array: npt.NDArray[np.generic], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Candidates.from_arrays(CANDIDATES.to_arrays() | {name: array}, outputs=2, molecules=5)


def test_a_training_set_keeps_which_labels_there_are() -> None:
    value = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, 6.0]], dtype=np.float32)
    written = LabelledGraphs(some_molecules(3), value).to_arrays()
    read = LabelledGraphs.from_arrays(written, outputs=2)
    assert len(read) == 3
    np.testing.assert_array_equal(read.value, value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "missing"),
        (np.ones((2, 3)), "of type float64"),
        (np.ones((1, 3), dtype=np.float32), r"2 outputs of 3 molecules .* \(1, 3\)"),
        (np.ones((2, 4), dtype=np.float32), r"2 outputs of 3 molecules .* \(2, 4\)"),
        (np.array([[1, 1, np.inf], [1, 1, 1]], dtype=np.float32), r"rows \[2\] are not finite"),
    ],
)
def test_values_that_do_not_belong_to_their_molecules_are_refused(
    value: npt.NDArray[np.generic] | None, reason: str
) -> None:
    arrays = dict(some_molecules(3).to_arrays())
    if value is not None:
        arrays["value"] = value
    with pytest.raises(ValueError, match=reason):
        LabelledGraphs.from_arrays(arrays, outputs=2)


def same(one: Features, other: Features) -> None:
    arrays = other.to_arrays()
    for name, array in one.to_arrays().items():
        assert array.dtype == arrays[name].dtype
        np.testing.assert_array_equal(array, arrays[name], err_msg=name)


@given(st.lists(st.integers(0, 2), max_size=8), st.integers(0, 8))
def test_features_that_are_taken_are_those_of_the_molecules(rows: list[int], cut: int) -> None:
    wanted = np.array(rows, dtype=np.int64)
    taken = FEATURES.take(wanted)
    assert len(taken) == len(rows)
    same(join([FEATURES.take(wanted[:cut]), FEATURES.take(wanted[cut:])]), taken)
    same(Features.from_arrays(FEATURES.to_arrays(), wanted), taken)
    for place, row in enumerate(rows):
        same(taken.take(np.array([place])), FEATURES.take(np.array([row])))


def test_features_are_read_as_they_were_written() -> None:
    written = FEATURES.to_arrays()
    assert Features.are_in(written)
    assert not Features.are_in(some_molecules(1).to_arrays())
    same(Features.from_arrays(written), FEATURES)


def test_a_training_set_keeps_features_beside_its_graphs() -> None:
    labelled = LabelledGraphs(some_molecules(3), np.ones((1, 3), dtype=np.float32), FEATURES)
    read = LabelledGraphs.from_arrays(labelled.to_arrays(), outputs=1)
    assert read.features is not None
    same(read.features, FEATURES)
    short = LabelledGraphs(labelled.graphs, labelled.value, FEATURES.take(np.array([0])))
    with pytest.raises(ValueError, match="3 molecules come with features of 1"):
        LabelledGraphs.from_arrays(short.to_arrays(), outputs=1)


INFINITE = np.where(np.arange(12) == 11, np.inf, 0).astype(np.float32).reshape(3, 4)


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        ("morgan.code", None, "'morgan.code' are missing"),
        ("morgan.code", COUNTS.code.astype(np.int64), "'morgan.code' are of type int64"),
        ("morgan.code", COUNTS.code[:3], "the counts of features 'morgan' do not fit"),
        ("morgan.count", COUNTS.count[:, None], "the counts of features 'morgan' do not fit"),
        ("pairs.entries", np.ones(3, dtype=np.uint16), "the counts of features 'pairs' do not"),
        ("pairs.entries", np.zeros(2, dtype=np.uint16), "not of the same molecules"),
        ("pairs.entries", np.zeros((3, 1), dtype=np.uint16), "the counts of features 'pairs' do"),
        ("descriptors", np.ones((3, 4)), "'descriptors' are of type float64"),
        ("descriptors", FEATURES.descriptors[:2], "not of the same molecules"),
        ("descriptors", INFINITE, "'descriptors' are not all finite"),
        ("electronic", FEATURES.electronic[:, 0], "'electronic' are no table"),
        ("electronic", FEATURES.electronic * np.float32(np.nan), "'electronic' are not all finite"),
    ],
)
def test_features_that_do_not_fit_together_are_refused(
    name: str, array: npt.NDArray[np.generic] | None, reason: str
) -> None:
    arrays = FEATURES.to_arrays()
    arrays.pop(f"features.{name}")
    if array is not None:
        arrays[f"features.{name}"] = array
    with pytest.raises(ValueError, match=reason):
        Features.from_arrays(arrays)


def test_only_molecules_that_are_asked_for_are_looked_at() -> None:
    arrays = FEATURES.to_arrays() | {"features.descriptors": INFINITE}
    assert len(Features.from_arrays(arrays, np.array([0, 1]))) == 2
    with pytest.raises(ValueError, match="not all finite"):
        Features.from_arrays(arrays, np.array([2]))


@st.composite
def packs(draw: st.DrawFn) -> PackedGraphs:
    """Any graphs that can be, those of one atom and of very many among them."""
    atoms = draw(st.lists(st.sampled_from([1, 2, 3, 40, 300]), max_size=4))
    pairs = [
        [sorted(draw(st.tuples(*[st.integers(0, count - 1)] * 2))) for _ in range(min(count, 5))]
        for count in atoms
    ]
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    ends = np.array([end for each in pairs for end in each], dtype=np.uint16).reshape(-1, 2)
    bonds = rng.integers(0, BOND_VOCABULARY, (len(ends), len(BOND_VOCABULARY)), dtype=np.uint8)
    return PackedGraphs(
        atoms=rng.integers(0, ATOM_VOCABULARY, (sum(atoms), len(ATOM_VOCABULARY)), dtype=np.uint8),
        bonds=np.repeat(bonds, 2, axis=0),
        bond_ends=np.concatenate([ends, ends[:, ::-1]], axis=1).reshape(-1, 2),
        atom_counts=np.array(atoms, dtype=np.uint16),
        bond_counts=np.array([2 * len(each) for each in pairs], dtype=np.uint16),
    )


def same_graphs(one: PackedGraphs, other: PackedGraphs) -> None:
    for name, array in one.to_arrays().items():
        found = other.to_arrays()[name]
        assert (found.dtype, found.tolist()) == (array.dtype, array.tolist()), name


@given(packs())
def test_graphs_in_few_bytes_are_read_as_they_were_written(graphs: PackedGraphs) -> None:
    same_graphs(graphs_in(thin(graphs)), graphs)
    same_graphs(graphs_in(graphs.to_arrays()), graphs)  # as earlier spaces hold them


def test_graphs_take_a_third_of_the_room() -> None:
    graphs = some_molecules(50)
    whole, small = (
        sum(array.nbytes for array in arrays.values())
        for arrays in (graphs.to_arrays(), thin(graphs))
    )
    assert 3 * small < whole + 4 * 4 * len(graphs)


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        ("bond_codes", None, "'bond_codes' of a pack of graphs is missing"),
        ("bond_pairs", None, "'bond_pairs' of a pack of graphs is missing"),
        ("bond_pairs", np.zeros((1, 2), dtype=np.int64), "'bond_pairs' .* is int64, not uint8"),
        ("bond_pairs", np.zeros(2, dtype=np.uint8), "do not fit together"),
        ("atom_codes", np.zeros((1, 4), dtype=np.uint8), "do not fit together"),
        ("atom_codes", np.full((2, 3), 255, dtype=np.uint8), "'atom_codes' .* holds what is no"),
        ("bond_codes", np.array([32], dtype=np.uint8), "'bond_codes' .* holds what is no code"),
        ("pair_counts", np.array([9], dtype=np.uint16), "do not fit together"),
    ],
)
def test_few_bytes_that_are_no_graphs_are_refused(
    name: str, array: npt.NDArray[np.generic] | None, reason: str
) -> None:
    arrays = thin(some_molecules(3))
    del arrays[name]
    if array is not None:
        arrays[name] = array
    with pytest.raises(ValueError, match=reason):
        graphs_in(arrays)
