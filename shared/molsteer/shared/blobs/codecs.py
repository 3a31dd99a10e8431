"""Values to bytes and back. Nothing here can run code: no pickles, no object arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import msgpack
import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from molsteer.shared.blobs.port import Packable
from molsteer.shared.errors import BlobCorrupt
from molsteer.shared.wire.blob import Codec


def encode(value: Packable, codec: Codec) -> bytes:
    """Write a value; equal arrays give equal bytes, trees if their keys come in one order.

    Raises:
        TypeError: If the codec cannot write the value.
    """
    match codec:
        case "safetensors":
            return _write_arrays(value)
        case "msgpack":
            return _write_tree(value)
        case "raw":
            if not isinstance(value, bytes):
                raise TypeError(f"The codec raw writes bytes, not {type(value).__name__}.")
            return value
        case _:
            assert_never(codec)


def decode_arrays(data: bytes, where: str) -> dict[str, npt.NDArray[np.generic]]:
    """Read named arrays; they are the caller's own copies.

    Raises:
        BlobCorrupt: If the bytes are not safetensors; `where` says whose they are.
    """
    try:
        return safetensors.numpy.load(data)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise BlobCorrupt(where, f"not safetensors ({error})") from None


def decode_tree(data: bytes, where: str) -> object:
    """Read a tree of plain values.

    Raises:
        BlobCorrupt: If the bytes are not msgpack of plain values with text or byte keys.
    """
    try:
        tree: object = msgpack.unpackb(
            data, raw=False, strict_map_key=True, ext_hook=_refuse_extension
        )
    except (ValueError, TypeError, RecursionError, MemoryError, msgpack.UnpackException) as error:
        raise BlobCorrupt(where, f"not msgpack of plain values ({error})") from None
    return tree


def _write_arrays(value: Packable) -> bytes:
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str) and isinstance(array, np.ndarray) for name, array in value.items()
    ):
        raise TypeError("The codec safetensors writes a mapping of names to arrays.")
    try:
        # It writes memory as it lies, so each array has to be in row order first.
        return safetensors.numpy.save({name: np.asarray(a, order="C") for name, a in value.items()})
    except (safetensors.SafetensorError, ValueError) as error:
        raise TypeError(f"The codec safetensors cannot write these arrays: {error}.") from None


def _write_tree(value: Packable) -> bytes:
    try:
        packed: bytes = msgpack.packb(value, strict_types=True, use_bin_type=True)
        # Keys that are numbers, say, can be written but are refused by every reader.
        decode_tree(packed, "this value")
    except (TypeError, ValueError, OverflowError, BlobCorrupt) as error:
        raise TypeError(f"The codec msgpack writes plain values only: {error}.") from None
    return packed


def _refuse_extension(code: int, data: bytes) -> object:  # noqa: ARG001 - msgpack's signature
    raise ValueError(f"extension type {code}")
