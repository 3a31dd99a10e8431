"""What surrogates learn from: the labels that were known, then the first results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from molsteer.shared.wire.arrays.training_set import LabelledGraphs
from molsteer.shared.wire.graphs import PackedGraphs, join
from molsteer.shared.wire.properties import Output
from molsteer.steering.ledger import known_labels, results
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.loop.features import LearnedFeatures
from molsteer.steering.space.search_space import SearchSpace

_Known = tuple[PackedGraphs, npt.NDArray[np.float64]]


@dataclass
class Lessons:
    """Collects training sets.

    Attributes:
        ledger: The campaign's.
        space: Its molecules.
        outputs: What is learned.
        on_features: Whether a surrogate reads features.
    """

    ledger: Ledger
    space: SearchSpace
    outputs: Sequence[Output]
    on_features: bool
    _by_count: dict[int, _Known] = field(default_factory=dict)

    def prepare(self) -> None:
        """Featurise the labels that were known, which may take long, before anybody waits for it.

        Raises:
            SpaceError: If the search space is no longer what it was.
        """
        if known := known_labels.count(self.ledger):
            _ = self._known(known)
            if self.on_features:
                self._features.prepare(known)

    def after(self, labels: int) -> LabelledGraphs:
        """Give the training set of so many labels, the known ones included.

        Raises:
            SpaceError: If the search space is no longer what it was.
        """
        lesson = known_labels.lesson(self.ledger, labels)
        graphs, known = self._known(lesson.known)
        molecules, found = results.first_labels(self.ledger, lesson.results, self.outputs)
        features = self._features.of(lesson.known, molecules) if self.on_features else None
        return LabelledGraphs(
            graphs=join([graphs, self.space.graphs(molecules)]),
            value=np.hstack([known, found]).astype(np.float32),
            features=features,
        )

    @cached_property
    def _features(self) -> LearnedFeatures:
        return LearnedFeatures(self.ledger, self.space)

    def _known(self, first: int) -> _Known:
        if first not in self._by_count:
            self._by_count = {first: self._read_known(first)}
        return self._by_count[first]

    def _read_known(self, first: int) -> _Known:
        smiles, values = known_labels.labelled(self.ledger, self.outputs, first)
        if not smiles:
            return self.space.graphs(np.empty(0, dtype=np.int64)), values
        from molsteer.steering.space.featurize import featurize  # RDKit, only where it is needed

        return featurize(smiles), values
