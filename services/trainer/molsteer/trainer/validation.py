"""How wrong an ensemble is on molecules that its members have not learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from molsteer.shared.ml.network import Ensemble
from molsteer.shared.ml.predicting import predict
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.trainer.bootstrap import Bootstrap
from molsteer.trainer.labelled import LabelledMolecules

_MOST_MOLECULES = 4096
"""Some 1,500 of them judge each member, which settles its error to a few per cent."""

_BATCH_SIZE = 256


@dataclass(frozen=True, slots=True)
class Validation:
    """Molecules that judge, each only members that it was held out of.

    Attributes:
        value_eV: Their labels, float64, shape (molecules,).
        held_out: Which molecules judge which member, bool, shape (members, molecules).
    """

    graphs: PackedGraphs
    value_eV: npt.NDArray[np.float64]
    held_out: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, data: LabelledMolecules, bootstrap: Bootstrap) -> Validation:
        """Take what is held out; of a large training set, molecules spread evenly over it."""
        count = min(len(data), _MOST_MOLECULES)
        rows = np.linspace(0, len(data) - 1, count).astype(np.int64)
        rows = rows[bootstrap.held_out[:, rows].any(axis=0)]
        return cls(data.graphs.take(rows), data.value_eV[rows], bootstrap.held_out[:, rows])

    def member_errors(self, ensemble: Ensemble) -> npt.NDArray[np.float64]:
        """Measure each member's mean absolute error in eV, shape (members,)."""
        with np.errstate(over="ignore", invalid="ignore"):
            errors = np.abs(predict(ensemble, self.graphs, _BATCH_SIZE) - self.value_eV)
            means: npt.NDArray[np.float64] = np.mean(errors, axis=1, where=self.held_out)
        return means

    def joint_error(self, ensemble: Ensemble) -> float:
        """Measure the mean absolute error in eV of the mean over members a molecule judges."""
        predictions = predict(ensemble, self.graphs, _BATCH_SIZE).astype(np.float64)
        means = np.mean(predictions, axis=0, where=self.held_out)
        return float(np.abs(means - self.value_eV).mean())
