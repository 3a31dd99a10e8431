from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
import torch
from safetensors.numpy import load

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.errors import BlobCorrupt
from molsteer.shared.ml.errors import UnusableWeights, WrongArchitecture
from molsteer.shared.ml.network import Ensemble, draw_weights
from molsteer.shared.ml.predicting import predict
from molsteer.shared.ml.weights import EnsembleWeights, join
from molsteer.shared.wire.blob import Inline, Placement
from molsteer.shared.wire.ensemble import Architecture, Manifest
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.shared.wire.properties import Output
from molsteer.steering.start.model_files import Weights, stacked

pytestmark = pytest.mark.fast

CPU = torch.device("cpu")


GAP = Output(name="homo_lumo_gap", level="xtb", unit="eV")
HYDROGENS = Output(name="hydrogens", level="count")


def some_weights(
    *members: int, width: int = 8, layers: int = 2, outputs: tuple[Output, ...] = (GAP,)
) -> EnsembleWeights:
    architecture = Architecture(width=width, layers=layers, outputs=len(outputs))
    ensemble = Ensemble(architecture, len(members))
    draw_weights(ensemble, members)
    manifest = Manifest(
        architecture=architecture, outputs=outputs, members=members, generation=1, seed=0
    )
    return EnsembleWeights.of(ensemble, manifest)


def test_weights_come_back_from_a_store_as_they_were(graphs: PackedGraphs) -> None:
    blobs = MemoryBlobs()
    weights = some_weights(0, 1)
    blob = blobs.put(weights.to_arrays(), "safetensors", Placement(store="redis"))
    back = EnsembleWeights.from_arrays(blobs.arrays(blob))
    assert back.manifest == weights.manifest
    np.testing.assert_array_equal(
        predict(back.build(CPU), graphs, 8), predict(weights.build(CPU), graphs, 8)
    )


def test_groups_of_members_join_to_one_ensemble(graphs: PackedGraphs) -> None:
    whole = join([some_weights(0, 1), some_weights(2)])
    assert whole.manifest.members == (0, 1, 2)
    expected = predict(some_weights(0, 1, 2).build(CPU), graphs, 8)
    np.testing.assert_allclose(predict(whole.build(CPU), graphs, 8), expected, atol=1e-6)


@pytest.mark.parametrize("generations", [(1, 3), (3, 1)])
def test_joined_groups_are_of_the_newest_generation_among_them(
    generations: tuple[int, int],
) -> None:
    parts = [
        EnsembleWeights(some.manifest.model_copy(update={"generation": generation}), some.tensors)
        for some, generation in zip((some_weights(0), some_weights(1)), generations, strict=True)
    ]
    assert join(parts).manifest.generation == 3


def test_what_steering_puts_together_is_an_ensemble(graphs: PackedGraphs) -> None:
    parts = [Weights(part.manifest, part.tensors) for part in (some_weights(3), some_weights(7))]
    whole = EnsembleWeights.from_arrays(load(stacked(parts).to_bytes()))
    assert whole.manifest.members == (0, 1)
    expected = predict(some_weights(3, 7).build(CPU), graphs, 8)
    np.testing.assert_allclose(predict(whole.build(CPU), graphs, 8), expected, atol=1e-6)


def test_members_are_taken_out_in_the_order_asked_for(graphs: PackedGraphs) -> None:
    chosen = some_weights(0, 1, 2).select((2, 0))
    assert chosen.manifest.members == (2, 0)
    expected = predict(some_weights(0, 1, 2).build(CPU), graphs, 8)[[2, 0]]
    np.testing.assert_allclose(predict(chosen.build(CPU), graphs, 8), expected, atol=1e-6)
    with pytest.raises(UnusableWeights, match=r"not \[7\]"):
        some_weights(0, 1).select((1, 7))


def test_groups_of_other_build_do_not_join() -> None:
    with pytest.raises(WrongArchitecture, match="width is 16, not 8") as caught:
        join([some_weights(0), some_weights(1, width=16)])
    assert caught.value.code == "wrong-architecture"
    assert not caught.value.retryable


def test_groups_that_predict_something_else_do_not_join() -> None:
    unlike = some_weights(1, outputs=(HYDROGENS,))
    with pytest.raises(
        WrongArchitecture, match=r"hydrogens@count / no unit, not homo_lumo_gap@xtb / eV"
    ):
        join([some_weights(0), unlike])


def test_weights_say_what_they_predict(graphs: PackedGraphs) -> None:
    parts = [some_weights(member, outputs=(GAP, HYDROGENS)) for member in (0, 1)]
    whole = EnsembleWeights.from_arrays(join(parts).select((1, 0)).to_arrays())
    assert whole.manifest.outputs == (GAP, HYDROGENS)
    assert predict(whole.build(CPU), graphs, 8).shape == (2, 2, len(graphs))


def test_weights_of_an_earlier_molsteer_are_refused_with_a_cure() -> None:
    arrays = some_weights(0).to_arrays()
    manifest = json.loads(arrays["manifest"].tobytes()) | {"version": 1}
    del manifest["outputs"]
    arrays["manifest"] = np.frombuffer(json.dumps(manifest).encode(), dtype=np.uint8)
    with pytest.raises(
        UnusableWeights, match=r"in format 1 .* reads format 2\. Train the ensemble again"
    ):
        EnsembleWeights.from_arrays(arrays)


@pytest.mark.parametrize("claim", ["of fewer", "of very many"])
def test_a_manifest_that_names_other_outputs_than_its_network_has_is_refused(claim: str) -> None:
    arrays = some_weights(0, outputs=(GAP, HYDROGENS)).to_arrays()
    manifest = json.loads(arrays["manifest"].tobytes())
    if claim == "of fewer":
        manifest["outputs"].pop()
    else:
        manifest["outputs"] *= 1000
        manifest["architecture"]["outputs"] = 2000
    arrays["manifest"] = np.frombuffer(json.dumps(manifest).encode(), dtype=np.uint8)
    with pytest.raises((UnusableWeights, WrongArchitecture), match=r"manifest|2000 outputs"):
        EnsembleWeights.from_arrays(arrays)


def test_a_tensor_that_does_not_fit_is_named() -> None:
    arrays = some_weights(0).to_arrays()
    arrays["outputs.0.weight"] = np.zeros((1, 9, 1), dtype=np.float32)
    del arrays["label_mean"]
    arrays["extra"] = np.zeros(3, dtype=np.float32)
    with pytest.raises(WrongArchitecture) as caught:
        EnsembleWeights.from_arrays(arrays)
    assert caught.value.differences == [
        "extra is (3,), not known",
        "label_mean is absent, not (1, 1)",
        "outputs.0.weight is (1, 9, 1), not (1, 8, 1)",
    ]


def test_weights_that_read_molecules_otherwise_are_refused() -> None:
    weights = some_weights(0)
    other = weights.manifest.architecture.model_copy(update={"bond_vocabulary": (8, 2)})
    manifest = weights.manifest.model_copy(update={"architecture": other})
    with pytest.raises(WrongArchitecture, match=r"bond_vocabulary is \(8, 2\), not \(8, 2, 2\)"):
        EnsembleWeights.from_arrays(EnsembleWeights(manifest, weights.tensors).to_arrays())


def test_numbers_that_are_not_finite_are_refused() -> None:
    arrays = some_weights(0).to_arrays()
    arrays["label_mean"] = np.array([[np.nan]], dtype=np.float32)
    with pytest.raises(UnusableWeights, match="not finite"):
        EnsembleWeights.from_arrays(arrays)


@pytest.mark.parametrize("manifest", [None, pickle.dumps({"width": 8}), b"{}"])
def test_arrays_without_a_readable_manifest_are_refused(manifest: bytes | None) -> None:
    arrays = some_weights(0).to_arrays()
    del arrays["manifest"]
    if manifest is not None:
        arrays["manifest"] = np.frombuffer(manifest, dtype=np.uint8)
    with pytest.raises(UnusableWeights, match="manifest"):
        EnsembleWeights.from_arrays(arrays)


def test_a_pickle_is_no_weights() -> None:
    pickled = pickle.dumps(some_weights(0).to_arrays())
    with pytest.raises(BlobCorrupt):
        MemoryBlobs().arrays(Inline(codec="safetensors", data=pickled))
