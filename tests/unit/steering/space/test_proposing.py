"""New molecules are like good ones, pass what a campaign asks for, and come again by their seed."""

from __future__ import annotations

import pytest
from rdkit import Chem

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
