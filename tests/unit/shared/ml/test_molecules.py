from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from molsteer.shared.ml.errors import UnusableGraphs
from molsteer.shared.ml.molecules import read_graphs
from molsteer.shared.wire.graphs import PackedGraphs

pytestmark = pytest.mark.fast


def test_arrays_that_are_not_graphs_are_refused(graphs: PackedGraphs) -> None:
    arrays = graphs.to_arrays()
    del arrays["bonds"]
    with pytest.raises(UnusableGraphs, match="bonds"):
        read_graphs(arrays)


def test_counts_that_are_no_list_are_refused(graphs: PackedGraphs) -> None:
    arrays = graphs.to_arrays()
    for name in ("atom_counts", "bond_counts"):
        arrays[name] = arrays[name][:, None]
    with pytest.raises(UnusableGraphs, match="do not fit together"):
        read_graphs(arrays)


def test_a_chunk_without_molecules_is_refused(graphs: PackedGraphs) -> None:
    with pytest.raises(UnusableGraphs, match="no molecule"):
        read_graphs(graphs.take(np.array([], dtype=np.int64)).to_arrays())


def test_a_bond_to_an_atom_of_another_molecule_is_refused(graphs: PackedGraphs) -> None:
    stray = replace(graphs, bond_ends=graphs.bond_ends + np.uint16(50))
    with pytest.raises(UnusableGraphs, match="bond ends"):
        read_graphs(stray.to_arrays())
