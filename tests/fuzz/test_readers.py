"""Whatever bytes arrive, readers give a value or the error that they document, and soon."""

from __future__ import annotations

import gzip
import json
import pickle
import tracemalloc
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from support.fuzz_targets import TARGETS

EXAMPLES = 100
MOST_BYTES = 150_000_000

READERS = pytest.mark.parametrize("name", TARGETS)

WORDS = [
    *(b"{", b"[", b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\x1f\x8b", b"PK"),
    *(b"NaN", b"1e999", b"-1", b"99999999999999999999", b"null", b"true", b'{"a":', b"\\ud800"),
    *(b"smiles", b"../../x", b"/etc/passwd", b"\x93NUMPY", b"\xdd\xff\xff\xff\xff", b"HS256 "),
]

WIDE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@st.composite
def spoiled(draw: st.DrawFn, seed: bytes) -> bytes:
    """Change a seed here and there."""
    data = seed
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 16)))
        put = draw(st.sampled_from(WORDS) | st.binary(max_size=8) | st.just(data[start:end] * 2))
        data = data[:start] + put + data[end:]
    return data


@st.composite
def rewritten(draw: st.DrawFn, seed: bytes) -> bytes:
    """Put something else into one place of a JSON document."""
    document = json.loads(seed)
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or draw(st.booleans()):
            break
        place = place[key]
    place[key] = draw(WIDE)
    return json.dumps(document).encode()


@st.composite
def other_arrays(draw: st.DrawFn, seed: bytes) -> bytes:
    """Give some arrays other types, shapes and numbers."""
    arrays = safetensors.numpy.load(seed)
    for name in draw(st.lists(st.sampled_from(sorted(arrays)), min_size=1, max_size=3)):
        kind = draw(st.sampled_from(["u1", "u2", "i8", "f2", "f4", "f8", "?"]))
        shape = draw(st.lists(st.integers(0, 9), max_size=3) | st.just(arrays[name].shape))
        fill = draw(st.sampled_from([0, 1, 255, -1, 10**9, float("nan"), float("inf")]))
        with np.errstate(all="ignore"):
            arrays[name] = np.full(shape, fill).astype(kind)
    return safetensors.numpy.save(arrays)


def inputs(name: str) -> st.SearchStrategy[bytes]:
    """Give bytes of any kind, and seeds that were changed in ways that fit them."""
    ways = [st.binary(max_size=200)]
    for seed in TARGETS[name].seeds:
        ways.append(spoiled(seed))
        if seed.startswith(b"{"):
            ways.append(rewritten(seed))
        if seed[8:10] == b'{"':
            ways.append(other_arrays(seed))
        if seed.startswith(b"\x1f\x8b"):
            ways.append(spoiled(gzip.decompress(seed)).map(gzip.compress))
    return st.one_of(ways)


@READERS
def test_a_reader_accepts_its_seeds(name: str, folder: Path) -> None:
    for seed in TARGETS[name].seeds:
        if name not in {"signed-body", "space"}:
            TARGETS[name].read(seed, folder)


FOUND = [
    ("campaign", b'[campaign]\nspace = "m.smi"\n[workers]\rserver = "external"'),
    ("campaign", b"x = " + b"9" * 5_000),
    ("campaign", b"x = " + b"[" * 4_000),
    ("smiles-to-simulate", b"[NH200]"),
    ("smiles-to-simulate", b"c$1ccc1"),
    (
        "training-jsonl",
        b'{"identifier":{"smiles":"\\ud800"},"oxidation_potential":{"xtb-vacuum":1}}',
    ),
    ("molecules-gz", gzip.compress(b"smiles\n" + b"C" * 2_000_000)),
    ("record", gzip.compress(b"[" * 100_000)),
    ("dead-letter", b"{}"),
    ("kombu-message", b'{"headers": {"id": []}}'),
    ("kombu-message", b"[" * 100_000),
]
"""What once raised something else."""


@pytest.mark.parametrize(("name", "data"), FOUND, ids=[name for name, _ in FOUND])
def test_what_fuzzing_found_stays_mended(name: str, data: bytes, folder: Path) -> None:
    TARGETS[name](data, folder)


@READERS
def test_a_reader_raises_only_what_it_documents(name: str, folder: Path) -> None:
    @settings(max_examples=EXAMPLES)
    @given(data=inputs(name))
    def check(data: bytes) -> None:
        TARGETS[name](data, folder)

    check()


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self._target,)


def bombs(target: Path) -> list[bytes]:
    """Give small data that does or takes much if it is believed."""
    zeros = gzip.compress(bytes(50_000_000))
    pickled = pickle.dumps(Bomb(target))
    header = b'{"a":{"dtype":"F64","shape":[1000000000000],"data_offsets":[0,8000000000000]}}'
    return [
        pickled,
        gzip.compress(pickled),
        zeros,
        gzip.compress(zeros),
        b"[" * 200_000,
        b"(" * 9_999,
        b"C1" * 4_999,
        b"smiles\n" + b"C" * 3_000_000,
        b'{"a":' * 100_000,
        b"a." * 100_000 + b"b = 1",
        b"x = " + b"[" * 10_000,
        b"x = " + b"9" * 100_000,
        b"\x91" * 100_000,
        b"\xdd\xff\xff\xff\xff",
        (b"\xdd" + (100_000).to_bytes(4, "big")) * 20_000,
        msgpack.packb("x" * 1_000_000),
        len(header).to_bytes(8, "little") + header,
        (2**63).to_bytes(8, "little") + header,
        b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (10**12,)}",
        b"\x93NUMPY\x01\x00v\x00"
        + b"{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000,), }".ljust(117)
        + b"\n",
    ]


@READERS
def test_a_reader_is_safe_from_bombs(name: str, folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "it-ran"
    for data in bombs(target):
        tracemalloc.start()
        try:
            TARGETS[name](data, folder)
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak_bytes < MOST_BYTES + 20 * len(data), data[:40]
    assert not target.exists()
