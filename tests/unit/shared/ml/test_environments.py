from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from support.molecules import some_molecules

from molsteer.shared.ml.batch import collate
from molsteer.shared.ml.environments import environments
from molsteer.shared.ml.network import Ensemble, draw_weights
from molsteer.shared.ml.predicting import predict
from molsteer.shared.wire.ensemble import Architecture
from molsteer.shared.wire.graphs import PackedGraphs, join
from molsteer.steering.space.featurize import featurize

pytestmark = pytest.mark.fast

BENZENE_AND_TOLUENE = "c1ccccc1", "Cc1ccccc1"
LARGEST = "C" * 300, "C(c1ccc(F)cc1)NC(=O)" * 12 + "C", "OC(=O)" + "C(N)C(=O)N" * 60 + "C"
ODD = ("C", "[H][H]", "O", "[U]", "[NH4+]", "F[Fe-4](F)(F)(F)(F)F", "[2H]C#N")


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    made = Ensemble(Architecture(width=24, layers=3, outputs=2), 3)
    draw_weights(made, (1, 2, 3))
    made.label_mean.copy_(torch.arange(6.0).reshape(3, 2))
    return made


def plain(ensemble: Ensemble, graphs: PackedGraphs) -> npt.NDArray[np.float32]:
    """Let the network read every atom by itself."""
    with torch.inference_mode():
        values: npt.NDArray[np.float32] = ensemble(collate(graphs)).numpy()
    return values


@pytest.mark.parametrize("smiles", [("C",), ODD, LARGEST, LARGEST[:1], BENZENE_AND_TOLUENE])
def test_what_is_alike_computed_once_gives_what_the_plain_network_gives(
    ensemble: Ensemble, smiles: tuple[str, ...]
) -> None:
    graphs = featurize(smiles)
    np.testing.assert_allclose(
        predict(ensemble, graphs, 1000), plain(ensemble, graphs), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("size", [1, 3, 40, 79, 80, 1000])
def test_batches_of_any_size_give_what_the_plain_network_gives(
    ensemble: Ensemble, size: int
) -> None:
    graphs = join([some_molecules(70), featurize([*ODD, *LARGEST])])
    np.testing.assert_allclose(
        predict(ensemble, graphs, size), plain(ensemble, graphs), rtol=1e-5, atol=1e-5
    )


def test_no_molecules_have_no_predictions(ensemble: Ensemble) -> None:
    none = some_molecules(1).take(np.array([], dtype=np.int64))
    assert predict(ensemble, none, 8).shape == (3, 2, 0)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_graph_gives_what_the_plain_network_gives(
    ensemble: Ensemble, data: st.DataObject
) -> None:
    graphs = join([data.draw(st.builds(any_graph, st.integers(0, 2**32))) for _ in range(3)])
    np.testing.assert_allclose(
        predict(ensemble, graphs, 1000), plain(ensemble, graphs), rtol=1e-5, atol=1e-5
    )


def any_graph(seed: int) -> PackedGraphs:
    """Draw a graph that need be no molecule: few kinds of atoms, bonds from and to any."""
    draw = np.random.default_rng(seed)
    atoms, bonds = draw.integers(1, 12), draw.integers(0, 20)
    return PackedGraphs(
        atoms=draw.integers(0, 2, (atoms, 7), dtype=np.uint8),
        bonds=draw.integers(0, 2, (bonds, 3), dtype=np.uint8),
        bond_ends=draw.integers(0, atoms, (bonds, 2), dtype=np.uint16),
        atom_counts=np.array([atoms], dtype=np.uint16),
        bond_counts=np.array([bonds], dtype=np.uint16),
    )


def test_atoms_that_are_alike_are_computed_once() -> None:
    benzene = environments(featurize(["c1ccccc1"] * 50), rounds=3)
    assert [len(each.centres) for each in benzene.rounds] == [1, 1, 1]
    assert [len(each.sources) for each in benzene.rounds] == [1, 1, 1]
    both = environments(featurize(BENZENE_AND_TOLUENE), rounds=3)
    # In toluene the methyl group is felt one bond further with each round.
    assert len(both.atom_codes) == 3
    assert [len(each.centres) for each in both.rounds] == [4, 5, 6]


def test_a_bond_of_another_kind_makes_another_environment() -> None:
    graphs = featurize(["CC", "CC"])
    other = replace(graphs, bonds=graphs.bonds.copy())
    other.bonds[2:, 0] = 3
    assert [len(environments(each, 1).rounds[0].centres) for each in (graphs, other)] == [1, 2]
