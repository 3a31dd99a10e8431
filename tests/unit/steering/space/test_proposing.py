"""New molecules are like good ones, pass what a campaign asks for, and come again by their seed."""

from __future__ import annotations

import os
import sys

import pytest
from rdkit import Chem

from molsteer.steering.errors import SelfiesUnavailable
from molsteer.steering.space.admission import Admission, Filter
from molsteer.steering.space.growth.proposing import Proposal, propose
from molsteer.steering.space.molecules import identity

pytestmark = pytest.mark.fast

PARENTS = ["CC(=O)Nc1ccccc1", "CCOC(C)=O", "Fc1ccccc1", "CC(C)O"]


def proposed(
    count: int, admission: Admission | None = None, taken: set[bytes] | None = None, seed: int = 1
) -> list[Proposal]:
    return [*propose(PARENTS, count, admission or Admission(), taken or set(), seed)]


def test_proposals_are_new_whole_molecules_under_their_own_names() -> None:
    found = [each.smiles for each in proposed(60)]
    assert len(set(found)) == 60
    assert not set(found) & set(PARENTS)
    molecules = [Chem.MolFromSmiles(each) for each in found]
    assert [identity(each) for each in molecules] == found
    assert all("." not in each for each in found)
    assert max(each.GetNumHeavyAtoms() for each in molecules) <= 10, "the largest parent has 10"
    elements = {atom.GetSymbol() for each in molecules for atom in each.GetAtoms()}
    assert elements <= {"C", "N", "O", "F"}, "those of the parents"


def test_the_same_seed_gives_the_same_and_another_one_others() -> None:
    assert proposed(20) == proposed(20)
    assert proposed(20) != proposed(20, seed=2)


def test_both_ways_are_gone_and_what_was_changed_is_told() -> None:
    found = proposed(60)
    assert {each.made_by for each in found} == {"change", "recombination"}
    assert all(bool(each.made_of) == (each.made_by == "change") for each in found)


def test_molecules_are_changed_as_selfies_where_that_is_wanted() -> None:
    pytest.importorskip("selfies") if not os.environ.get("CI") else None
    found = [*propose(PARENTS, 60, Admission(), set(), 1, with_selfies=True)]
    assert found == [*propose(PARENTS, 60, Admission(), set(), 1, with_selfies=True)]
    assert {each.made_by for each in found} == {"change", "recombination", "selfies"}
    elements = {atom.GetSymbol() for each in found for atom in _read(each).GetAtoms()}
    assert elements <= {"C", "N", "O", "F"}, "those of the parents"
    assert max(_read(each).GetNumHeavyAtoms() for each in found) <= 10
    assert all(each.made_of for each in found if each.made_by == "selfies")


def test_without_their_library_selfies_are_refused_with_the_cure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "selfies", None)
    with pytest.raises(SelfiesUnavailable, match=r"molsteer-steering\[selfies\]"):
        next(propose(PARENTS, 1, Admission(), set(), 1, with_selfies=True))


def _read(proposal: Proposal) -> Chem.Mol:
    return Chem.MolFromSmiles(proposal.smiles)


def test_the_filter_and_what_is_taken_hold() -> None:
    wanted = Filter(elements=("C", "O"), heavy_atoms_max=6, smarts_unwanted=("O[H]",))
    taken = {each.smiles.encode() for each in proposed(10, Admission(filter=wanted))}
    found = proposed(10, Admission(filter=wanted), taken)
    for each in found:
        molecule = Chem.MolFromSmiles(each.smiles)
        assert molecule.GetNumHeavyAtoms() <= 6
        assert {atom.GetSymbol() for atom in molecule.GetAtoms()} <= {"C", "O"}
        assert each.smiles.encode() not in taken


def test_where_nothing_more_is_found_there_are_fewer() -> None:
    wanted = Filter(elements=("C",), heavy_atoms_max=2)
    found = [each.smiles for each in propose(["CC"], 10, Admission(filter=wanted), set(), 1)]
    assert sorted(found) == ["C", "C#C", "C=C"]
