"""Layers whose parameters belong to a whole ensemble: dimension 0 is always the member.

Nothing passes between members, so a slice of every parameter is an ensemble of fewer members, and
each member's gradients are its own.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class StackedLinear(nn.Module):
    """One linear map for each member: (members, rows, inputs) -> (members, rows, outputs)."""

    def __init__(self, members: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(members, inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(members, 1, outputs))

    def forward(self, features: Tensor) -> Tensor:
        """Map the rows of each member by its own weights."""
        return torch.baddbmm(self.bias, features, self.weight)

    @torch.no_grad()
    def draw(self, member: int, generator: torch.Generator) -> None:
        """Give one member its random start, which keeps 2/3 of the features' mean square."""
        limit = math.sqrt(2.0 / self.weight.shape[1])
        self.weight[member].uniform_(-limit, limit, generator=generator)


class StackedTable(nn.Module):
    """One table of feature vectors for each member, shape (members, rows, width)."""

    def __init__(self, members: int, rows: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(members, rows, width))

    def forward(self, rows: Tensor) -> Tensor:
        """Look rows up: (entries,) -> (members, entries, width)."""
        return self.weight.index_select(1, rows)

    def bag(self, rows: Tensor) -> Tensor:
        """Look rows up and add those of an entry: (entries, n) -> (members, entries, width)."""
        members, _, width = self.weight.shape
        side_by_side = self.weight.transpose(0, 1).flatten(1)
        added = functional.embedding_bag(rows, side_by_side, mode="sum")
        return added.view(-1, members, width).transpose(0, 1).contiguous()

    @torch.no_grad()
    def draw(self, member: int, generator: torch.Generator) -> None:
        """Give one member its random start."""
        self.weight[member].normal_(std=0.3, generator=generator)


class StackedNorm(nn.Module):
    """Layer normalisation over the features, with a scale and a shift for each member."""

    def __init__(self, members: int, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(members, 1, width))
        self.shift = nn.Parameter(torch.zeros(members, 1, width))

    def forward(self, features: Tensor) -> Tensor:
        """Normalise each row: (members, rows, width) -> the same."""
        normal = functional.layer_norm(features, features.shape[-1:])
        return torch.addcmul(self.shift, normal, self.scale)
