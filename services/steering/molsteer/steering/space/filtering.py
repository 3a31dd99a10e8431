"""Molecules that somebody does not want to search, though they could be computed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from rdkit import Chem, RDConfig

from molsteer.steering.space.admission import Filter
from molsteer.steering.space.molecules import Reason

_SA_SCORE = Path(RDConfig.RDContribDir) / "SA_Score" / "sascorer.py"


def unwanted(molecule: Chem.Mol, charge: int, wanted: Filter) -> Reason | None:
    """Say why a filter leaves a molecule out, or None if it lets it pass.

    Hydrogen need not be among the elements.
    """
    heavy_atoms = molecule.GetNumHeavyAtoms()
    if wanted.charges and charge not in wanted.charges:
        return Reason.UNWANTED_CHARGE
    if wanted.heavy_atoms_min is not None and heavy_atoms < wanted.heavy_atoms_min:
        return Reason.TOO_FEW_HEAVY_ATOMS
    if wanted.heavy_atoms_max is not None and heavy_atoms > wanted.heavy_atoms_max:
        return Reason.TOO_MANY_HEAVY_ATOMS
    if wanted.elements and not _elements(molecule) <= {"H", *wanted.elements}:
        return Reason.UNWANTED_ELEMENT
    if not all(molecule.HasSubstructMatch(_pattern(each)) for each in wanted.smarts):
        return Reason.LACKS_PATTERN
    if any(molecule.HasSubstructMatch(_pattern(each)) for each in wanted.smarts_unwanted):
        return Reason.UNWANTED_PATTERN
    if wanted.sa_score_max is not None and sa_scorer()(molecule) > wanted.sa_score_max:
        return Reason.HARD_TO_MAKE
    return None


def is_pattern(text: str) -> bool:
    """Tell whether a text is a SMARTS pattern."""
    return bool(text) and text.isascii() and Chem.MolFromSmarts(text) is not None


def is_element(symbol: str) -> bool:
    """Tell whether a text is the symbol of an element."""
    table = Chem.GetPeriodicTable()
    return symbol in {table.GetElementSymbol(number) for number in range(1, 119)}


def can_score_synthesis() -> bool:
    """Tell whether the RDKit that is installed here has the score of synthetic accessibility."""
    return _SA_SCORE.is_file()


@cache
def sa_scorer() -> Callable[[Chem.Mol], float]:
    """Give RDKit's score of synthetic accessibility, from 1 (easy) to 10 (hard).

    Source:
        Ertl and Schuffenhauer, J. Cheminform. 2009, 1, 8 (10.1186/1758-2946-1-8).
    """
    specification = spec_from_file_location("sascorer", _SA_SCORE)
    if specification is None or specification.loader is None:
        raise ImportError(f"{_SA_SCORE} cannot be imported.")
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    scorer: Callable[[Chem.Mol], float] = module.calculateScore
    return scorer


@cache
def _pattern(text: str) -> Chem.Mol:
    return Chem.MolFromSmarts(text)


def _elements(molecule: Chem.Mol) -> set[str]:
    return {atom.GetSymbol() for atom in molecule.GetAtoms()}
