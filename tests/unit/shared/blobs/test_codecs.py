"""What can be written, and what is refused."""

from __future__ import annotations

import datetime

import msgpack
import numpy as np
import pytest

from molsteer.shared.blobs.codecs import decode_arrays, decode_tree, encode
from molsteer.shared.errors import BlobCorrupt
from molsteer.shared.wire.blob import Codec

pytestmark = pytest.mark.fast


def test_arrays_that_are_not_in_row_order_keep_their_values() -> None:
    table = np.arange(24, dtype=np.int32).reshape(4, 6)
    arrays = {"strided": table[:, ::2], "columns": np.asfortranarray(table), "swapped": table.T}
    found = decode_arrays(encode(arrays, "safetensors"), "here")
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_numbers_of_the_other_byte_order_keep_their_values() -> None:
    array = np.array([1, 2, 3], dtype=">i4")
    np.testing.assert_array_equal(
        decode_arrays(encode({"a": array}, "safetensors"), "")["a"], array
    )


def test_a_scalar_array_keeps_its_shape() -> None:
    assert decode_arrays(encode({"a": np.array(2.5)}, "safetensors"), "")["a"].shape == ()


@pytest.mark.parametrize(
    ("value", "codec"),
    [
        ({"a": np.array([object()])}, "safetensors"),
        ({"a": np.array(["text"])}, "safetensors"),
        ({"a": [1, 2]}, "safetensors"),
        ({1: np.zeros(2)}, "safetensors"),
        (np.zeros(2), "safetensors"),
        ((1, 2), "msgpack"),
        ({1, 2}, "msgpack"),
        (object(), "msgpack"),
        ({"a": [{1: 2}]}, "msgpack"),
        (msgpack.ExtType(5, b"x"), "msgpack"),
        (2**70, "msgpack"),
        ("\ud800", "msgpack"),
        (datetime.datetime.now(datetime.UTC), "msgpack"),
        (np.float64(1.0), "msgpack"),
        ("text", "raw"),
        (np.zeros(2), "raw"),
    ],
)
def test_what_a_codec_cannot_write_is_a_type_error(value: object, codec: Codec) -> None:
    with pytest.raises(TypeError, match=f"The codec {codec} "):
        encode(value, codec)


def test_a_tree_that_contains_itself_is_a_type_error() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(TypeError, match="plain values only"):
        encode(loop, "msgpack")


@pytest.mark.parametrize("cut", [0, 1, 7, 40, -1])
def test_truncated_data_is_damaged(cut: int) -> None:
    array = np.arange(8.0)
    with pytest.raises(BlobCorrupt, match="here"):
        decode_arrays(encode({"a": array}, "safetensors")[:cut], "here")
    with pytest.raises(BlobCorrupt, match="here"):
        decode_tree(encode({"a": list(range(50))}, "msgpack")[:cut], "here")


def test_data_after_the_end_is_damage() -> None:
    with pytest.raises(BlobCorrupt):
        decode_tree(encode([1], "msgpack") + b"x", "")
    with pytest.raises(BlobCorrupt):
        decode_arrays(encode({"a": np.zeros(2)}, "safetensors") + b"x", "")


@pytest.mark.parametrize("tree", [{1: "key"}, msgpack.ExtType(5, b"x"), [{"a": {None: 1}}]])
def test_msgpack_beyond_plain_values_is_refused(tree: object) -> None:
    with pytest.raises(BlobCorrupt):
        decode_tree(msgpack.packb(tree), "")
