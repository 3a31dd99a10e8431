"""What travels as arrays is read as it was written, and what does not fit together is refused."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from support.molecules import some_molecules

from molsteer.shared.wire.arrays.candidates import Candidates
from molsteer.shared.wire.arrays.training_set import LabelledGraphs

pytestmark = pytest.mark.fast

ROW = np.array([4, 0, 2], dtype=np.int64)
VALUES = np.array([[3.0, 2.0, 1.0], [-1.0, 0.0, 7.0]], dtype=np.float32)
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
