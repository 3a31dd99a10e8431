"""The first molecules of a campaign."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.toy_campaign import toy_space

from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.start.starters import draw_starters, keep_known, told_of_known

pytestmark = pytest.mark.fast

ALCOHOLS = [f"{'C' * length}O" for length in range(4, 60)]
RINGS = [f"c1cc({tail})ccc1{tail}" for tail in ("F", "Cl", "N", "C#N")]
PEROXIDES = [f"{'C' * length}OOC" for length in (1, 2, 3)]


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    """Many molecules of one family, and a few of two others."""
    return toy_space(tmp_path_factory.mktemp("space"), [*ALCOHOLS, *RINGS, *PEROXIDES])


def starters(space: SearchSpace, *searched: int, **policy: object) -> list[int]:
    policy = {"starter": "k-means", "first_training_after": 3, "shortlist": 12} | policy
    settings = {"campaign": {"space": space.folder, "seed": 1}, "policy": policy}
    return list(draw_starters(CampaignSettings.model_validate(settings), space, searched))


def families(space: SearchSpace, molecules: list[int]) -> set[str]:
    names = [space.smiles(molecule) for molecule in molecules]
    return {"ring" if "c" in name else "peroxide" if "OO" in name else "alcohol" for name in names}


def test_labels_known_before_are_told_with_those_that_the_space_has(
    space: SearchSpace, tmp_path: Path
) -> None:
    known = [
        KnownLabel(smiles, 12.0, "xtb", "homo_lumo_gap", "eV")
        for smiles in (space.smiles(3), "c1ccccc1", "C[NH3+]")
    ]
    ledger = Ledger(tmp_path, create=True)
    assert list(told_of_known(ledger, space)) == []
    keep_known(known, space, ledger)
    (told,) = told_of_known(ledger, space)
    assert told == "Labels known before: 3, 1 of them of molecules in the search space."
    manifest = space.manifest.model_copy(update={"rdkit": "2024.3.1"})
    _, warned = told_of_known(ledger, SearchSpace(space.folder, manifest))
    assert "was built with RDKit 2024.3.1, and here is" in warned
    ledger.close()


def test_the_first_molecules_of_k_means_are_of_every_family(space: SearchSpace) -> None:
    assert families(space, starters(space)[:3]) == {"alcohol", "ring", "peroxide"}
    assert families(space, starters(space, starter="random")[:3]) == {"alcohol"}


def test_random_molecules_follow_and_none_comes_twice(space: SearchSpace) -> None:
    drawn = starters(space)
    assert len(drawn) == len(set(drawn)) == 12


@pytest.mark.parametrize("starter", ["random", "k-means"])
def test_the_same_seed_begins_in_the_same_way(space: SearchSpace, starter: str) -> None:
    assert starters(space, starter=starter) == starters(space, starter=starter)


@pytest.mark.parametrize("starter", ["random", "k-means"])
def test_what_was_searched_before_is_not_drawn(space: SearchSpace, starter: str) -> None:
    searched = starters(space, starter=starter)[:3]
    assert not {*searched} & {*starters(space, *searched, starter=starter)}
    assert starters(space, *range(len(space)), starter=starter) == []


def test_more_clusters_than_molecules_are_no_trouble(space: SearchSpace) -> None:
    drawn = starters(space, first_training_after=500, shortlist=500)
    assert sorted(drawn) == list(range(len(space)))


def test_a_sample_stands_for_a_space_of_any_size(
    space: SearchSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("molsteer.steering.start.starters.SAMPLE", 20)
    read: list[int] = []
    ask = space.smiles
    monkeypatch.setattr(space, "smiles", lambda molecule: read.append(molecule) or ask(molecule))
    assert len(starters(space)) == 12
    assert len(read) == 20
