"""Arrays of a safetensors file that are read only where they are looked at."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

_TYPES = {"U8": np.uint8, "U16": np.uint16, "U32": np.uint32, "F32": np.float32}
_LENGTH_BYTES = 8


def mapped_arrays(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    """Map the arrays of a file into memory.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no such file, or damaged.
    """
    content = np.memmap(path, dtype=np.uint8, mode="r")
    begin = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    try:
        header = json.loads(content[_LENGTH_BYTES:begin].tobytes())
        header.pop("__metadata__", None)
        return {name: _array(content[begin:], **stored) for name, stored in header.items()}
    except (AttributeError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ValueError("its header is damaged") from error


def _array(
    content: npt.NDArray[np.uint8], dtype: str, shape: list[int], data_offsets: list[int]
) -> npt.NDArray[np.generic]:
    start, end = data_offsets
    return content[start:end].view(_TYPES[dtype]).reshape(shape)
