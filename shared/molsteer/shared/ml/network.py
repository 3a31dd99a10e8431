"""The surrogate: an ensemble of message-passing networks that is computed as one.

Every tensor has the members in dimension 0, and all members read the same batch of graphs.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.nn import MessagePassing

from molsteer.shared.ml.batch import ATOM_CODES, BOND_KINDS, GraphBatch
from molsteer.shared.ml.environments import Environments, Surroundings
from molsteer.shared.ml.stacked import StackedLinear, StackedNorm, StackedTable
from molsteer.shared.wire.ensemble import Architecture


class BondConvolution(MessagePassing):  # type: ignore[misc]  # PyG publishes no types
    """One round of messages along bonds, for all members, added to what the atoms held.

    Source:
        The edge-aware graph isomorphism operator of Hu et al., 2020 (arXiv:1905.12265), with the
        normalisation before it as in Xiong et al., 2020 (arXiv:2002.04745).
    """

    def __init__(self, members: int, width: int) -> None:
        super().__init__(node_dim=-2)
        self.norm = StackedNorm(members, width)
        self.bonds = StackedTable(members, BOND_KINDS, width)
        self.inner = StackedLinear(members, width, width)
        self.outer = StackedLinear(members, width, width)

    def forward(self, atoms: Tensor, along: GraphBatch | Surroundings) -> Tensor:
        """Change what the atoms hold: (members, atoms, width) -> the same."""
        normal = self.norm(atoms)
        bonds = self.bonds(along.bond_kinds)
        match along:
            case GraphBatch():
                received = self.propagate(along.bond_ends, atoms=normal, bonds=bonds, along=along)
            case Surroundings():
                received = along.collect(self.message(normal.index_select(1, along.sources), bonds))
        inner = self.inner(along.at_centres(normal) + received)
        changed: Tensor = self.outer(functional.relu(inner))
        return along.at_centres(atoms) + changed

    def message(self, atoms_j: Tensor, bonds: Tensor) -> Tensor:
        """Say what the source of each bond (`_j`) sends along it."""
        return functional.relu(atoms_j + bonds)

    def aggregate(self, inputs: Tensor, along: GraphBatch) -> Tensor:
        """Add up what each atom receives; several times faster here than PyG's scatter."""
        return along.collect(inputs)


class Ensemble(nn.Module):
    """Networks of one architecture, each with weights and a label scale of its own.

    Attributes:
        label_mean: Mean of each member's labels, shape (members, outputs).
        label_spread: Their standard deviation, shape (members, outputs); 0 where a member has not
            learned an output, of which it then says the mean.
    """

    label_mean: Tensor
    label_spread: Tensor

    def __init__(self, architecture: Architecture, members: int) -> None:
        super().__init__()
        width = architecture.width
        self.atoms = StackedTable(members, ATOM_CODES, width)
        self.rounds = nn.ModuleList(
            BondConvolution(members, width) for _ in range(architecture.layers)
        )
        self.norm = StackedNorm(members, width)
        self.hidden = StackedLinear(members, 2 * width, width)
        # Layers of their own, so that an output that is not learned does not touch the others.
        self.outputs = nn.ModuleList(
            StackedLinear(members, width, 1) for _ in range(architecture.outputs)
        )
        scales = members, architecture.outputs
        self.register_buffer("label_mean", torch.zeros(scales))
        self.register_buffer("label_spread", torch.ones(scales))

    def forward(self, batch: GraphBatch | Environments) -> Tensor:
        """Predict: a batch of molecules -> values, shape (members, outputs, molecules)."""
        atoms = self.atoms.bag(batch.atom_codes)
        for number, bond_convolution in enumerate(self.rounds):
            atoms = bond_convolution(atoms, batch.round(number))
        total = batch.over_molecules(self.norm(atoms))
        molecules = torch.cat([total / _TYPICAL_ATOMS, total / batch.atom_counts[:, None]], dim=-1)
        hidden = functional.relu(self.hidden(molecules))
        standardised = torch.stack([output(hidden).squeeze(-1) for output in self.outputs], dim=1)
        return torch.addcmul(self.label_mean[..., None], standardised, self.label_spread[..., None])


_TYPICAL_ATOMS = 10.0
"""Brings the sum over a molecule's atoms to the size of their mean."""


def draw_weights(ensemble: Ensemble, seeds: Sequence[int]) -> None:
    """Give every member its random start, which depends on its own seed alone."""
    for member, seed in enumerate(seeds):
        generator = torch.Generator().manual_seed(seed)
        for module in ensemble.modules():
            if isinstance(module, StackedLinear | StackedTable):
                module.draw(member, generator)
