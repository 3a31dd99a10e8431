"""Features of the molecules that surrogates learn from."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from molsteer.shared.host.cores import usable_cores
from molsteer.shared.host.ordered_work import in_order
from molsteer.shared.wire.arrays.features import Features, join
from molsteer.steering.ledger import known_labels
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.space.search_space import SearchSpace

log = logging.getLogger(__name__)

_BATCH_SIZE = 200


@dataclass
class LearnedFeatures:
    """Collects features in the order of a training set: labels that were known, then results.

    Attributes:
        ledger: The campaign's.
        space: Its molecules, with features.
    """

    ledger: Ledger
    space: SearchSpace
    _by_count: dict[int, Features] = field(default_factory=dict)

    def prepare(self, known: int) -> None:
        """Compute what is not computed yet of the first known labels outside the space.

        Raises:
            SpaceError: If features of the space cannot be read.
        """
        _ = self._known(known)

    def of(self, known: int, molecules: npt.NDArray[np.int64]) -> Features:
        """Give those of the first known labels, and then of molecules of the space.

        Raises:
            SpaceError: If features of the space cannot be read.
        """
        return join([self._known(known), self.space.features(molecules)])

    def _known(self, first: int) -> Features:
        if first not in self._by_count:
            self._by_count = {first: self._read_known(first)}
        return self._by_count[first]

    def _read_known(self, first: int) -> Features:
        """Read what the space has, and compute those of the molecules outside."""
        names, numbers = known_labels.places(self.ledger, first)
        inside = [number for number in numbers if number is not None]
        found = self.space.features(np.array(inside, dtype=np.int64))
        outside = [name for name, number in zip(names, numbers, strict=True) if number is None]
        if not outside:
            return found
        in_space = np.array([number is not None for number in numbers])
        places = np.where(in_space, np.cumsum(in_space), len(inside) + np.cumsum(~in_space)) - 1
        return join([found, self._computed(outside)]).take(places)

    def _computed(self, smiles: list[str]) -> Features:
        from rdkit import rdBase  # only where it is needed

        from molsteer.steering.space.features.featurizing import featurize_smiles

        stored = self.space.manifest.features
        if stored and stored.rdkit != rdBase.rdkitVersion:
            log.warning(
                "Features of the search space come from RDKit %s, and those of the known molecules "
                "outside from RDKit %s, which may give other numbers.",
                stored.rdkit,
                rdBase.rdkitVersion,
            )
        batches = [
            (first, smiles[first : first + _BATCH_SIZE])
            for first in range(0, len(smiles), _BATCH_SIZE)
        ]
        return join([part for _, part in in_order(featurize_smiles, batches, usable_cores())])
