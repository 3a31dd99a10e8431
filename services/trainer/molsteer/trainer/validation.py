"""How wrong an ensemble is on molecules that its members have not learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from molsteer.shared.ml.network import Ensemble
from molsteer.shared.ml.predicting import Prepared
from molsteer.trainer.bootstrap import Bootstrap
from molsteer.trainer.labelled import LabelledMolecules
from molsteer.trainer.scales import Floats, units

_MOST_MOLECULES = 4096  # of an output
"""Some 1,500 of them judge each member, which settles its error to a few per cent."""

_BATCH_SIZE = 4096


@dataclass(frozen=True, slots=True)
class Validation:
    """Molecules that judge, each only members that it was held out of.

    Attributes:
        molecules: As the ensemble reads them.
        value: Their labels, NaN where there is none, float64, shape (outputs, molecules).
        held_out: Which molecules judge which member, bool, shape (members, molecules).
    """

    molecules: Prepared
    value: npt.NDArray[np.float64]
    held_out: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, ensemble: Ensemble, data: LabelledMolecules, bootstrap: Bootstrap) -> Validation:
        """Take what is held out, as these networks read it.

        Of many labels of an output, those that are spread evenly over them are taken. A member
        of which nothing with a label is held out is judged by all.
        """
        rows = np.unique(np.concatenate([_spread_evenly(labels) for labels in data.known]))
        held_out = bootstrap.held_out[:, rows]
        held_out = held_out | ~held_out.any(axis=1, keepdims=True)
        judging = np.flatnonzero(held_out.any(axis=0))
        rows = rows[judging]
        molecules = Prepared.of(ensemble, data.graphs.take(rows), _BATCH_SIZE)
        return cls(molecules, data.value[:, rows], held_out[:, judging])

    @property
    def judges(self) -> npt.NDArray[np.bool_]:
        """Which labels judge which member, shape (members, outputs, molecules)."""
        return self.held_out[:, None, :] & ~np.isnan(self.value)

    def errors(self, ensemble: Ensemble) -> tuple[Floats, Floats]:
        """Measure mean absolute errors in the units of the outputs, NaN where no label judges.

        Returns:
            Those of each member, shape (members, outputs), and those of the mean over the members
            that a molecule judges, shape (outputs,).
        """
        predictions = self.molecules.ask(ensemble).astype(np.float64)
        means = _means(predictions, self.held_out[:, None, :], axis=0)
        known = ~np.isnan(self.value)
        return self._member_errors(predictions), _means(np.abs(means - self.value), known, axis=-1)

    def by_others(self, ensemble: Ensemble) -> list[tuple[Floats, Floats]]:
        """Tell each output's errors, and the spreads of the members that a molecule judges.

        Returns:
            For each output both, of shape (labels,), of molecules that judge several members.
        """
        predictions = self.molecules.ask(ensemble).astype(np.float64)
        held_out = np.broadcast_to(self.held_out[:, None, :], predictions.shape)
        means = _means(predictions, held_out, axis=0)
        variances = _means((predictions - means) ** 2, held_out, axis=0)
        counts = self.held_out.sum(axis=0)
        # Few members differ less from their own mean than many do.
        spreads = np.sqrt(variances * counts / np.maximum(counts - 1, 1))
        told = ~np.isnan(self.value) & ((counts > 1) | (len(predictions) == 1))
        return [
            (value[rows] - mean[rows], spread[rows])
            for value, mean, spread, rows in zip(self.value, means, spreads, told, strict=True)
        ]

    def relative_errors(self, ensemble: Ensemble) -> Floats:
        """Measure each member by its error in label spreads, mean over outputs, (members,)."""
        errors = self._member_errors(self.molecules.ask(ensemble))
        scales = units(ensemble.label_spread).cpu().numpy().astype(np.float64)
        return _means(errors / scales, self.judges.sum(axis=-1) > 0, axis=-1)

    def _member_errors(self, predictions: npt.NDArray[np.floating]) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):
            return _means(np.abs(predictions - self.value), self.judges, axis=-1)


def _spread_evenly(known: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    rows = np.flatnonzero(known)
    if len(rows) <= _MOST_MOLECULES:
        return rows
    return rows[np.linspace(0, len(rows) - 1, _MOST_MOLECULES).astype(np.int64)]


def _means(numbers: Floats, where: npt.NDArray[np.bool_], axis: int) -> Floats:
    """Take means of some numbers of an array, NaN where there are none."""
    counts = np.broadcast_to(where, numbers.shape).sum(axis=axis)
    with np.errstate(over="ignore", invalid="ignore"):
        means: Floats = np.sum(numbers, axis=axis, where=where) / counts
    return means
