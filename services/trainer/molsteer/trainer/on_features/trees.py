"""Fits extremely randomised trees, and turns them into arrays."""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from molsteer.shared.ml.on_features.trees import Forest
from molsteer.trainer.on_features.held_out import Floats, HeldOut

_TREES = 100
_COLUMNS = 0.5
"""Part of the features of which each node takes the best random split."""


class _Tree(Protocol):
    """What scikit-learn calls the nodes of a tree."""

    children_left: npt.NDArray[np.int64]
    children_right: npt.NDArray[np.int64]
    feature: npt.NDArray[np.int64]
    threshold: npt.NDArray[np.float64]
    value: npt.NDArray[np.float64]


def fit_forest(
    table: npt.NDArray[np.float32], value: Floats, chance: np.random.Generator
) -> tuple[Forest, HeldOut]:
    """Fit a forest to the labels of one output.

    Args:
        table: Features of all molecules of the training set, shape (molecules, features).
        value: Labels in the output's unit, NaN where there is none, shape (molecules,).
        chance: Draws samples and splits.

    Returns:
        The forest, and what the trees that did not see a label say of it.

    Source:
        Geurts, Ernst and Wehenkel, Machine Learning 63 (2006), 3, each tree with a bootstrap sample
        of the labels, so that every label is judged by trees that have not seen it.
    """
    held_out = HeldOut(np.full(len(value), np.nan), np.full(len(value), np.nan))
    rows = np.flatnonzero(~np.isnan(value))
    if not len(rows):
        return _stump(), held_out

    from sklearn.ensemble import ExtraTreesRegressor

    seed = int(chance.integers(2**31))
    model = ExtraTreesRegressor(
        _TREES, max_features=_COLUMNS, bootstrap=True, random_state=seed
    ).fit(table[rows], value[rows])
    forest = _joined([cast("_Tree", one.tree_) for one in model.estimators_])

    told = forest.leaves(table[rows]).astype(np.float64)
    for tree, sample in enumerate(model.estimators_samples_):
        told[sample, tree] = np.nan
    judged = np.isfinite(told).sum(axis=1) > 1
    held_out.mean[rows[judged]] = np.nanmean(told[judged], axis=1)
    held_out.spread[rows[judged]] = np.nanstd(told[judged], axis=1)
    return forest, held_out


def _stump() -> Forest:
    zero = np.zeros(1, dtype=np.int64)
    nothing = np.zeros(1, dtype=np.float32)
    return Forest(zero, zero.astype(np.int32), np.full(1, np.inf, np.float32), zero, nothing)


def _joined(trees: list[_Tree]) -> Forest:
    parts = [_laid_out(tree) for tree in trees]
    sizes = np.array([len(part.child) for part in parts])
    root = np.cumsum(sizes) - sizes
    return Forest(
        root,
        np.concatenate([part.column for part in parts]),
        np.concatenate([part.limit for part in parts]),
        np.concatenate([part.child + start for part, start in zip(parts, root, strict=True)]),
        np.concatenate([part.value for part in parts]),
    )


def _laid_out(tree: _Tree) -> Forest:
    """Put the nodes of a tree level after level, with the children of each side by side."""
    levels = [np.zeros(1, dtype=np.int64)]
    while len(levels[-1]):
        inner = levels[-1][tree.children_left[levels[-1]] >= 0]
        both = np.stack([tree.children_left[inner], tree.children_right[inner]], axis=1)
        levels.append(both.ravel())
    order = np.concatenate(levels)
    place = np.argsort(order)
    left = tree.children_left[order]
    leaf = left < 0
    return Forest(
        root=np.zeros(1, dtype=np.int64),
        column=np.where(leaf, 0, tree.feature[order]).astype(np.int32),
        limit=np.where(leaf, np.inf, _not_above(tree.threshold[order])).astype(np.float32),
        child=np.where(leaf, np.arange(len(order)), place[left]),
        value=np.where(leaf, tree.value[order, 0, 0], 0.0).astype(np.float32),
    )


def _not_above(limit: Floats) -> npt.NDArray[np.float32]:
    """Round down, so that a float32 is on the same side as before."""
    rounded = limit.astype(np.float32)
    return np.where(rounded > limit, np.nextafter(rounded, np.float32(-np.inf)), rounded)
