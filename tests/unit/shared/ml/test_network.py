from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from molsteer.shared.ml.batch import collate
from molsteer.shared.ml.network import Ensemble, draw_weights
from molsteer.shared.ml.predicting import predict
from molsteer.shared.wire.ensemble import Architecture
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.steering.space.featurize import featurize

pytestmark = pytest.mark.fast


def an_ensemble(seeds: tuple[int, ...], outputs: int = 1) -> Ensemble:
    ensemble = Ensemble(Architecture(width=16, layers=3, outputs=outputs), len(seeds))
    draw_weights(ensemble, seeds)
    ensemble.label_mean.copy_(torch.arange(len(seeds))[:, None])
    ensemble.label_spread.fill_(0.5)
    return ensemble


def all_at_once(ensemble: Ensemble, graphs: PackedGraphs) -> npt.NDArray[np.float32]:
    with torch.inference_mode():
        values: npt.NDArray[np.float32] = ensemble(collate(graphs)).numpy()
    return values


def test_members_computed_together_answer_as_members_computed_alone(graphs: PackedGraphs) -> None:
    ensemble = an_ensemble((1, 2, 3))
    together = all_at_once(ensemble, graphs)
    np.testing.assert_allclose(predict(ensemble, graphs, 7), together, atol=1e-5)
    assert (together.std(axis=-1) > 1e-3).all()
    assert np.abs((together[0] - 0) - (together[1] - 1)).max() > 1e-3


def test_outputs_have_weights_and_scales_of_their_own(graphs: PackedGraphs) -> None:
    ensemble = an_ensemble((1, 2), outputs=3)
    ensemble.label_mean[:, 1] = 100.0
    ensemble.label_spread[:, 2] = 0.0
    values = predict(ensemble, graphs, 16)
    assert values.shape == (2, 3, len(graphs))
    assert values[:, 1].min() > 90.0
    assert (values[:, 2] == np.array([[0.0], [1.0]])).all()  # it says the mean of its labels
    alone = predict(an_ensemble((1, 2)), graphs, 16)[:, 0]
    np.testing.assert_allclose(values[:, 0], alone, atol=1e-5)


def test_a_member_begins_the_same_in_any_company(graphs: PackedGraphs) -> None:
    company, alone = an_ensemble((1, 2, 3)), an_ensemble((3,))
    alone.label_mean.copy_(company.label_mean[2:])
    np.testing.assert_allclose(
        all_at_once(company, graphs)[2:], all_at_once(alone, graphs), atol=1e-5
    )


def test_hydrogen_alone_has_a_prediction_as_other_molecules_have() -> None:
    ensemble = an_ensemble((1, 2))
    together = predict(ensemble, featurize(["C", "[H][H]", "O"]), 3)
    alone = predict(ensemble, featurize(["[H][H]"]), 1)
    assert np.isfinite(together).all()
    np.testing.assert_allclose(together[..., 1:2], alone, atol=1e-5)


def test_the_order_of_molecules_does_not_matter(graphs: PackedGraphs) -> None:
    ensemble = an_ensemble((1, 2))
    order = np.random.default_rng(0).permutation(len(graphs))
    np.testing.assert_allclose(
        predict(ensemble, graphs.take(order), 9),
        predict(ensemble, graphs, 16)[..., order],
        atol=1e-5,
    )


def test_the_order_of_a_molecules_atoms_does_not_matter(graphs: PackedGraphs) -> None:
    ensemble = an_ensemble((1, 2))
    molecule = graphs.take(np.array([20]))
    order = np.random.default_rng(0).permutation(len(molecule.atoms))
    new_place = np.argsort(order).astype(np.uint16)
    renumbered = replace(
        molecule, atoms=molecule.atoms[order], bond_ends=new_place[molecule.bond_ends]
    )
    np.testing.assert_allclose(
        predict(ensemble, renumbered, 1), predict(ensemble, molecule, 1), atol=1e-5
    )


def test_bonds_are_read(graphs: PackedGraphs) -> None:
    ensemble = an_ensemble((1,))
    triple = replace(graphs, bonds=graphs.bonds * 0 + np.array([3, 0, 0], dtype=np.uint8))
    unlike = predict(ensemble, graphs, 40) - predict(ensemble, triple, 40)
    assert np.abs(unlike).max() > 1e-3


def test_codes_beyond_their_vocabulary_take_its_last_value(graphs: PackedGraphs) -> None:
    ensemble = an_ensemble((1,))
    wild = replace(graphs, atoms=graphs.atoms | 0xF0, bonds=graphs.bonds | 0xF0)
    last = replace(
        graphs,
        atoms=graphs.atoms * 0 + np.array([127, 7, 7, 7, 1, 7, 1], dtype=np.uint8),
        bonds=graphs.bonds * 0 + np.array([7, 1, 1], dtype=np.uint8),
    )
    wild.atoms[:, 0] = 255
    np.testing.assert_allclose(predict(ensemble, wild, 40), predict(ensemble, last, 40), atol=1e-6)


def test_an_atom_without_bonds_is_a_molecule_too() -> None:
    methane = PackedGraphs(
        atoms=np.array([[6, 0, 4, 4, 0, 4, 0]], dtype=np.uint8),
        bonds=np.empty((0, 3), dtype=np.uint8),
        bond_ends=np.empty((0, 2), dtype=np.uint16),
        atom_counts=np.array([1], dtype=np.uint16),
        bond_counts=np.array([0], dtype=np.uint16),
    )
    assert np.isfinite(predict(an_ensemble((1, 2)), methane, 8)).all()
