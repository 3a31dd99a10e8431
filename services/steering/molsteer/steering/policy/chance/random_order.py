"""A random order of a search space that is the same whenever it is asked for.

Nothing is drawn and nothing is kept: the molecule at a place follows from the place and a seed.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

_ROUNDS = 6


@lru_cache(4 * 1024)
def molecule_at(place: int, space_size: int, seed: int) -> int:
    """Give the molecule at a place of the order; each molecule has one place.

    Args:
        place: From 0.
        space_size: How many molecules there are, more than `place`.
        seed: Makes the order.

    Source:
        A Feistel network whose results beyond the space are taken through it again: Black and
        Rogaway, Ciphers with Arbitrary Finite Domains, 2002 (10.1007/3-540-45760-7_9).
    """
    half = max(1, ((space_size - 1).bit_length() + 1) // 2)
    molecule = _scrambled(place, half, seed)
    while molecule >= space_size:
        molecule = _scrambled(molecule, half, seed)
    return molecule


def _scrambled(number: int, half: int, seed: int) -> int:
    """Permute the numbers of twice as many bits as `half`."""
    left, right = number >> half, number & ((1 << half) - 1)
    for turn in range(_ROUNDS):
        left, right = right, left ^ (_hashed(f"{seed}/{turn}/{right}") & ((1 << half) - 1))
    return left << half | right


def _hashed(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
