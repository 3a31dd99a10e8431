"""Molecules as they arrive in a task."""

from __future__ import annotations

from molsteer.shared.blobs.port import Arrays
from molsteer.shared.ml.errors import UnusableFeatures, UnusableGraphs
from molsteer.shared.wire.arrays.features import Features
from molsteer.shared.wire.arrays.thin_graphs import graphs_in
from molsteer.shared.wire.graphs import PackedGraphs


def read_graphs(arrays: Arrays) -> PackedGraphs:
    """Take packed graphs out of named arrays.

    Raises:
        UnusableGraphs: If they are no packed graphs, hold no molecule, or name atoms that a
            molecule does not have.
    """
    try:
        graphs = graphs_in(arrays)
    except ValueError as error:
        raise UnusableGraphs(str(error)) from None
    if not len(graphs) or not graphs.atom_counts.all():
        raise UnusableGraphs("there is no molecule, or one without atoms.")
    if (graphs.bond_ends >= graphs.atom_counts.repeat(graphs.bond_counts)[:, None]).any():
        raise UnusableGraphs("a bond ends at an atom that its molecule does not have.")
    return graphs


def read_features(arrays: Arrays) -> Features:
    """Take features of molecules out of named arrays.

    Raises:
        UnusableFeatures: If they are none, or are of no molecule.
    """
    try:
        features = Features.from_arrays(arrays)
    except ValueError as error:
        raise UnusableFeatures(f"{error}.") from None
    if not len(features):
        raise UnusableFeatures("they are of no molecule.")
    return features
