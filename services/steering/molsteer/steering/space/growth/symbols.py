"""Changes of the text that SELFIES writes a molecule as; any text of its symbols is a molecule.

Source:
    Krenn et al., Mach. Learn.: Sci. Technol. 2020, 1, 045024 (10.1088/2632-2153/aba947). The
    changes are those of Nigam et al., Chem. Sci. 2021, 12, 7079 (10.1039/D1SC00231G).
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from molsteer.steering.errors import SelfiesUnavailable

_UNCHARGED = re.compile(r"\[[=#]?([A-Z][a-z]?)\]")
_SHAPE = re.compile(r"\[[=#]?(Branch|Ring)[123]\]")


def symbols_with(elements: Sequence[str]) -> tuple[str, ...]:
    """List the symbols for neutral atoms of these elements, for branches and for rings.

    Raises:
        SelfiesUnavailable: If the library is missing.
    """
    try:
        import selfies
    except ImportError:
        raise SelfiesUnavailable from None
    return tuple(
        symbol
        for symbol in sorted(selfies.get_semantic_robust_alphabet())
        if _SHAPE.fullmatch(symbol)
        or ((atom := _UNCHARGED.fullmatch(symbol)) and atom[1] in elements)
    )


def rewritten(smiles: str, symbols: Sequence[str], chance: random.Random) -> str | None:
    """Put a symbol in, take one out or put another in its place.

    Returns:
        A SMILES, None for a molecule that SELFIES cannot write.
    """
    import selfies

    try:
        written = list(selfies.split_selfies(selfies.encoder(smiles)))
    except selfies.EncoderError:
        return None
    place, symbol = chance.randrange(len(written)), chance.choice(symbols)
    match chance.randrange(3):
        case 0:
            written.insert(place, symbol)
        case 1:
            written[place] = symbol
        case _:
            del written[place]
    return selfies.decoder("".join(written)) or None
