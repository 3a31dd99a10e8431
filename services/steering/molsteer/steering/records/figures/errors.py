"""The held-out errors of models, as the ledger has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean

from molsteer.shared.wire.properties import Output, Quantity

Errors = Sequence[float | None]


def mean_errors(outputs: Sequence[Output], groups: Sequence[Errors]) -> Mapping[str, Quantity]:
    """Average the errors of groups of members, by `PROPERTY@LEVEL`; what has none is left out.

    Args:
        outputs: What the models predict.
        groups: For each group a number or None for each output.
    """
    errors: dict[str, Quantity] = {}
    for output, found in zip(outputs, zip(*groups, strict=True), strict=False):
        known = [error for error in found if error is not None]
        if known:
            errors[output.key] = Quantity(value=mean(known), unit=output.unit)
    return errors
