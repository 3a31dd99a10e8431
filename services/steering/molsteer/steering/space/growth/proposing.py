"""New molecules that are like good ones."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rdkit import Chem, rdBase

from molsteer.steering.space.admission import Admission
from molsteer.steering.space.admitting import admit
from molsteer.steering.space.growth.mutations import (
    changed,
    changes_with,
    fragments,
    recombined,
)
from molsteer.steering.space.growth.symbols import rewritten, symbols_with
from molsteer.steering.space.molecules import Reason, identity

TRIES = 500
"""Tries in a row that give nothing new, after which no more is looked for."""

RECOMBINED = 0.3
"""Part of the tries that join fragments, where there are any."""

REWRITTEN = 0.5
"""Part of the others that change SELFIES, where these are wanted."""

Way = Literal["change", "selfies", "recombination"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A molecule that somebody may want to search.

    Attributes:
        smiles: Canonical and isomeric, its identity.
        made_by: How it was made.
        made_of: The molecule that was changed; empty where fragments of several were joined.
    """

    smiles: str
    made_by: Way
    made_of: str = ""


def propose(
    parents: Sequence[str],
    count: int,
    admission: Admission,
    taken: Collection[bytes],
    seed: int,
    *,
    with_selfies: bool = False,
) -> Iterator[Proposal]:
    """Change and recombine molecules until there are enough new ones, or no more are found.

    What is proposed has the elements of the parents, no more heavy atoms than the largest of them
    unless the filter says how many, and passes the filter and the limits of the level. The same
    arguments give the same proposals with one version of RDKit.

    Args:
        parents: Canonical SMILES, the best first; these are changed more often.
        count: How many are wanted.
        admission: Which molecules are taken in.
        taken: SMILES that are no proposals, ASCII.
        seed: Makes the choice.
        with_selfies: Whether molecules are changed as SELFIES as well.

    Raises:
        SelfiesUnavailable: If they are, and the library is missing.
    """
    chance, seen = random.Random(seed), set(parents)  # noqa: S311
    known = [Chem.MolFromSmiles(each) for each in parents]
    most = admission.filter.heavy_atoms_max or max(each.GetNumHeavyAtoms() for each in known)
    elements, pieces = _elements(known, admission), fragments(parents)
    changes, symbols = changes_with(elements), symbols_with(elements) if with_selfies else ()
    pool, found, tries = list(parents), 0, 0
    with rdBase.BlockLogs():
        while found < count and tries < TRIES:
            tries += 1
            # The first ones more often; what was proposed is changed further at last.
            parent = pool[int(len(pool) * chance.random() ** 2)]
            way: Way = "change"
            if pieces and chance.random() < RECOMBINED:
                way, text = "recombination", recombined(pieces, chance)
            elif symbols and chance.random() < REWRITTEN:
                way, text = "selfies", rewritten(parent, symbols, chance)
            else:
                text = changed(parent, changes, chance)
            smiles = _usable(text, admission, most) if text else None
            if smiles is None or smiles in seen or smiles.encode("ascii") in taken:
                continue
            seen.add(smiles)
            pool.append(smiles)
            found, tries = found + 1, 0
            yield Proposal(smiles, way, "" if way == "recombination" else parent)


def _usable(text: str, admission: Admission, most: int) -> str | None:
    """Name a molecule that can be searched; its SMILES was checked twice, as another reads it."""
    admitted = admit(text, admission)
    if isinstance(admitted, Reason) or admitted.molecule.GetNumHeavyAtoms() > most:
        return None
    again = Chem.MolFromSmiles(admitted.smiles)
    return admitted.smiles if again and identity(again) == admitted.smiles else None


def _elements(molecules: Sequence[Chem.Mol], admission: Admission) -> list[str]:
    found = {atom.GetSymbol() for molecule in molecules for atom in molecule.GetAtoms()}
    wanted = admission.filter.elements
    return sorted(found & set(wanted)) if wanted else sorted(found)
