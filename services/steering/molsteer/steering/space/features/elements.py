"""Properties of elements."""

from __future__ import annotations

from functools import cache

from rdkit import Chem

_PAULING = {
    **{1: 2.20, 3: 0.98, 4: 1.57, 5: 2.04, 6: 2.55, 7: 3.04, 8: 3.44, 9: 3.98},
    **{11: 0.93, 12: 1.31, 13: 1.61, 14: 1.90, 15: 2.19, 16: 2.58, 17: 3.16},
    **{19: 0.82, 20: 1.00, 21: 1.36, 22: 1.54, 23: 1.63, 24: 1.66, 25: 1.55, 26: 1.83},
    **{27: 1.88, 28: 1.91, 29: 1.90, 30: 1.65, 31: 1.81, 32: 2.01, 33: 2.18, 34: 2.55, 35: 2.96},
    **{37: 0.82, 38: 0.95, 39: 1.22, 40: 1.33, 41: 1.6, 42: 2.16, 43: 1.9, 44: 2.2, 45: 2.28},
    **{46: 2.20, 47: 1.93, 48: 1.69, 49: 1.78, 50: 1.96, 51: 2.05, 52: 2.1, 53: 2.66},
    **{55: 0.79, 56: 0.89, 57: 1.10, 72: 1.3, 73: 1.5, 74: 2.36, 75: 1.9, 76: 2.2, 77: 2.20},
    **{78: 2.28, 79: 2.54, 80: 2.00, 81: 1.62, 82: 2.33, 83: 2.02},
}
_UNKNOWN = 1.5

_METALS = (range(21, 31), range(39, 49), range(57, 81))
"""Elements whose outer electrons are no lone pairs."""


def electronegativity(number: int) -> float:
    """Give the electronegativity of the element of an atomic number on Pauling's scale."""
    return _PAULING.get(number, _UNKNOWN)


@cache
def outer_electrons(number: int) -> int:
    """Count the outer electrons of an element that may be in lone pairs; metals have none."""
    if any(number in metals for metals in _METALS):
        return 0
    return int(Chem.GetPeriodicTable().GetNOuterElecs(number))
