"""Forests of regression trees, one for each output, as arrays of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from molsteer.shared.blobs.port import Arrays
from molsteer.shared.ml.errors import UnusableWeights
from molsteer.shared.ml.on_features.manifest import OnFeatures, read, taken, write
from molsteer.shared.ml.port import Molecules, Prediction
from molsteer.shared.wire.arrays.features import Features
from molsteer.shared.wire.properties import Output

_MOST_AT_A_TIME = 1024
"""Molecules that walk through all trees together: their features fit into a CPU's cache."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees one behind the other; the two children of a node are neighbours.

    Attributes:
        root: Node at which each tree begins, int64, shape (trees,).
        column: Feature that a node asks for, int32, shape (nodes,); 0 in a leaf.
        limit: Up to which its value leads to the first child, float32; infinite in a leaf.
        child: The first child, int64; in a leaf the leaf itself.
        value: Mean of the labels in a leaf, float32; 0 elsewhere.
    """

    root: npt.NDArray[np.int64]
    column: npt.NDArray[np.int32]
    limit: npt.NDArray[np.float32]
    child: npt.NDArray[np.int64]
    value: npt.NDArray[np.float32]

    def leaves(self, table: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Give what each tree says of rows of features, shape (rows, trees)."""
        places = np.arange(len(table))[:, None] * table.shape[1]
        node = np.broadcast_to(self.root, (len(table), len(self.root)))
        while True:
            asked = np.take(table, places + np.take(self.column, node))
            right = asked > np.take(self.limit, node)
            below = np.take(self.child, node) + right
            if np.array_equal(below, node):
                return np.take(self.value, node)
            node = below

    def to_arrays(self, name: str) -> dict[str, npt.NDArray[np.generic]]:
        """Give the nodes as arrays whose names begin with the one given."""
        return {
            f"{name}.root": self.root,
            f"{name}.column": self.column,
            f"{name}.limit": np.minimum(self.limit, np.finfo(np.float32).max),
            f"{name}.child": self.child,
            f"{name}.value": self.value,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, name: str, columns: int) -> Forest:
        """Take nodes out of arrays, as `to_arrays` gives them.

        Raises:
            UnusableWeights: If an array is missing, or a walk through the nodes could leave them
                or never end.
        """
        root = taken(arrays, f"{name}.root", np.int64, (None,)).view(np.int64)
        child = taken(arrays, f"{name}.child", np.int64, (None,)).view(np.int64)
        nodes = (len(child),)
        forest = cls(
            root,
            taken(arrays, f"{name}.column", np.int32, nodes).view(np.int32),
            taken(arrays, f"{name}.limit", np.float32, nodes).view(np.float32),
            child,
            taken(arrays, f"{name}.value", np.float32, nodes).view(np.float32),
        )
        own = np.arange(len(child))
        leaf = child == own
        strays = (child < own) | (~leaf & (child >= len(child) - 1))
        columns_are_known = ((forest.column >= 0) & (forest.column < columns)).all()
        starts = len(root) > 0 and ((root >= 0) & (root < len(child))).all()
        if strays.any() or not starts or not (columns_are_known or leaf.all()):
            raise UnusableWeights("a tree has nodes that lead nowhere.", "surrogate")
        forest.limit[leaf] = np.inf
        return forest


class Trees:
    """The surrogate `trees`: a forest for each output, ready to be asked."""

    def __init__(self, manifest: OnFeatures, forests: Sequence[Forest]) -> None:
        self._manifest, self._forests = manifest, tuple(forests)

    @property
    def members(self) -> tuple[int, ...]:
        """It is one member."""
        return (self._manifest.member,)

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What it predicts."""
        return self._manifest.outputs

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Trees:
        """Take it out of named arrays, and believe nothing unchecked.

        Raises:
            UnusableWeights: If they are not those of one, or do not fit together.
            WrongFeatures: If this version of the program computes other features.
        """
        manifest = read(arrays, "trees")
        columns = manifest.descriptors + manifest.electronic
        return cls(
            manifest,
            [
                Forest.from_arrays(arrays, f"forest.{model}", columns)
                for model in range(max(manifest.model) + 1)
            ],
        )

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Give it as named arrays, as `from_arrays` takes them."""
        arrays: dict[str, npt.NDArray[np.generic]] = {}
        for number, forest in enumerate(self._forests):
            arrays |= forest.to_arrays(f"forest.{number}")
        return write(self._manifest, arrays)

    def predict(self, molecules: Molecules, batch_size: int) -> Prediction:
        """Predict every molecule; see `port.Surrogate`."""
        table = dense(self._manifest.reading(molecules.features))
        shape = 1, len(self.outputs), len(table)
        value, spread = np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
        step = min(batch_size, _MOST_AT_A_TIME)
        for start in range(0, len(table), step):
            rows = slice(start, start + step)
            told = [forest.leaves(table[rows]) for forest in self._forests]
            for output, model in enumerate(self._manifest.model):
                value[0, output, rows] = told[model].mean(axis=1) + self._manifest.shift[output]
                spread[0, output, rows] = told[model].std(axis=1)
        self._manifest.complete(value[0], spread[0])
        return Prediction(value, spread)


def dense(features: Features) -> npt.NDArray[np.float32]:
    """Give what trees ask for: descriptors and electronic features side by side."""
    return np.concatenate([features.descriptors, features.electronic], axis=1)
