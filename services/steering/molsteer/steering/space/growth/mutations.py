"""Small changes of a molecule, and recombination of fragments, by RDKit.

Source:
    The changes are those of Jensen, Chem. Sci. 2019, 10, 3567 (10.1039/C8SC05372C); fragments are
    those of BRICS, Degen et al., ChemMedChem 2008, 3, 1503 (10.1002/cmdc.200800178).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice

from rdkit import Chem
from rdkit.Chem import BRICS, rdChemReactions

_FIXED = (
    "[*;!H0:1]-[*;!H0:2]>>[*:1]=[*:2]",
    "[*;!H0:1]=[*;!H0:2]>>[*:1]#[*:2]",
    "[*:1]=[*:2]>>[*:1]-[*:2]",
    "[*:1]#[*:2]>>[*:1]=[*:2]",
    "[*:1]~[D1]>>[*:1]",
    "[*:1]~[D2]~[*:2]>>[*:1]-[*:2]",
    "[*;R:1]-@[*;R:2]>>([*:1].[*:2])",
    "[*;!H0:1]~[*:2]~[*;!H0:3]>>[*:1]1~[*:2]~[*:3]1",
    "[*;!H0:1]~[*:2]~[*:3]~[*;!H0:4]>>[*:1]1~[*:2]~[*:3]~[*:4]1",
    "[*;!H0:1]~[*:2]~[*:3]~[*:4]~[*;!H0:5]>>[*:1]1~[*:2]~[*:3]~[*:4]~[*:5]1",
    "[*;!H0:1]~[*:2]~[*:3]~[*:4]~[*:5]~[*;!H0:6]>>[*:1]1~[*:2]~[*:3]~[*:4]~[*:5]~[*:6]1",
)
"""Changes of bonds, atoms that go, rings that open and close."""

_VALENCES = {"C": 4, "N": 3, "O": 2, "S": 2, "F": 1, "Cl": 1, "Br": 1, "I": 1}
"""Elements that are put in, and how many neighbours they may get."""

_MOST_PRODUCTS = 20
"""Of one recombination that are looked at."""


def changes_with(elements: Sequence[str]) -> tuple[str, ...]:
    """List the changes that put in no other elements than these, as reaction SMARTS."""
    known = [each for each in elements if each in _VALENCES]
    appended = [f"[*;!H0:1]>>[*:1]-{_atom(each)}" for each in known]
    doubled = [f"[*;!H0;!H1:1]>>[*:1]={_atom(each)}" for each in known if 2 <= _VALENCES[each] <= 3]
    inserted = [f"[*:1]-[*:2]>>[*:1]-{_atom(each)}-[*:2]" for each in known if _VALENCES[each] >= 2]
    replaced = [
        f"[{before}:1]>>[{_number(after)}:1]"
        for before in map(_number, known)
        for after in known
        if before != _number(after)
    ]
    return (*_FIXED, *appended, *doubled, *inserted, *replaced)


def changed(smiles: str, changes: Sequence[str], chance: random.Random) -> str | None:
    """Change a molecule by one of the changes, at one of the places where it can be made.

    Returns:
        A SMILES that may be of no possible molecule, None where the change cannot be made.
    """
    molecule = Chem.MolFromSmiles(smiles)
    Chem.Kekulize(molecule, clearAromaticFlags=True)
    products = _reaction(chance.choice(changes)).RunReactants((molecule,))
    return Chem.MolToSmiles(chance.choice(products)[0]) if products else None


def fragments(smiles: Sequence[str]) -> tuple[str, ...]:
    """Cut molecules where chemists would; what cannot be cut is left out."""
    found = {
        fragment
        for each in smiles
        for fragment in BRICS.BRICSDecompose(Chem.MolFromSmiles(each))  # type: ignore[no-untyped-call]
        if "*" in fragment
    }
    return tuple(sorted(found))


def recombined(pieces: Sequence[str], chance: random.Random) -> str | None:
    """Join two fragments to a molecule, None where they do not fit."""
    chosen = [Chem.MolFromSmiles(chance.choice(pieces)) for _ in range(2)]
    products = list(islice(_joined(chosen), _MOST_PRODUCTS))
    return Chem.MolToSmiles(chance.choice(products)) if products else None


def _joined(chosen: Sequence[Chem.Mol]) -> Iterator[Chem.Mol]:
    yield from BRICS.BRICSBuild(chosen, scrambleReagents=False, maxDepth=1)  # type: ignore[no-untyped-call]


def _atom(element: str) -> str:
    return f"[{_number(element)}]"


def _number(element: str) -> str:
    return f"#{Chem.GetPeriodicTable().GetAtomicNumber(element)}"


@cache
def _reaction(smarts: str) -> rdChemReactions.ChemicalReaction:
    return rdChemReactions.ReactionFromSmarts(smarts)
