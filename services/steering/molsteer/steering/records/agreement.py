"""Whether the labels that a campaign began with are of the quantity that it computes.

Models learn from both alike, so labels of another kind mislead them silently. Experiments, and
what xtb's own `--vip` prints, lie 4 to 6 eV below the differences of energies computed here, while
the medians of one kind of labels are close: most molecules differ by less than 2 eV, and a search
that begins with good models is ahead of its labels by about as much.
"""

from __future__ import annotations

from statistics import median

from molsteer.steering.ledger import known_labels
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.results import first_labels

COMPARED = 10
"""The first so many labels of the campaign are compared with all that were given."""

APART_eV = 3.0
"""Distance of the medians from which on it is reported."""


def distance_eV(ledger: Ledger) -> float | None:
    """Tell how far the median of the first new labels lies above that of the given ones.

    None is the answer as long as there are too few new labels, and where none were given.
    """
    _, new = first_labels(ledger, COMPARED)
    if len(new) < COMPARED or not known_labels.count(ledger):
        return None
    _, given = known_labels.labelled(ledger)
    return float(median(new)) - float(median(given))


def contradiction(distance_eV: float | None) -> str | None:
    """Say what is wrong with given labels, None if nothing is."""
    if distance_eV is None or abs(distance_eV) < APART_eV:
        return None
    side = "above" if distance_eV > 0 else "below"
    return (
        f"The first {COMPARED} molecules simulated lie {abs(distance_eV):.1f} eV {side} the labels "
        f"that the campaign began with (medians). Those are probably another quantity, as "
        f'experiments are, and the models learn from both: see "What the number is" in '
        f"docs/concepts.md."
    )
