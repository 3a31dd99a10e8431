"""What an inferencer says about the best molecules of a chunk, checked before it is believed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from molsteer.shared.blobs.port import Arrays
from molsteer.shared.errors import BlobCorrupt
from molsteer.steering.ledger.results import PREDICTED


def read_rows(arrays: Arrays, chunk: int, molecules: int) -> npt.NDArray[np.int64]:
    """Give the rows of a chunk that named arrays hold predictions for.

    Args:
        arrays: `row` (int64) and one array of float32 for each of `PREDICTED`.
        chunk: Number of the chunk, for the message.
        molecules: How many rows the chunk has.

    Raises:
        BlobCorrupt: If an array is missing or of another kind, a number is not finite, or a row
            is not of the chunk or comes twice.
    """
    found = arrays.get("row")
    if found is None or found.dtype != np.int64 or found.ndim != 1:
        raise BlobCorrupt(f"chunk {chunk}", "its candidates have no rows")
    rows = found.view(np.int64)
    for name in PREDICTED:
        values = arrays.get(name)
        if values is None or values.dtype != np.float32 or values.shape != rows.shape:
            raise BlobCorrupt(f"chunk {chunk}", f"its candidates come without {name}")
        if not np.isfinite(values).all():
            raise BlobCorrupt(f"chunk {chunk}", f"a {name} of its candidates is not a number")
    if ((rows < 0) | (rows >= molecules)).any() or len(np.unique(rows)) < len(rows):
        raise BlobCorrupt(f"chunk {chunk}", "its candidates are not rows of the chunk")
    return rows
