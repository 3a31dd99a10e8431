"""The updates of a campaign's models, read from its ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from molsteer.shared.wire.properties import Output, Quantity
from molsteer.shared.wire.specs import Surrogate
from molsteer.steering.ledger.learning import rankings
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import outputs
from molsteer.steering.records.figures.beliefs import Belief, belief
from molsteer.steering.records.figures.errors import Errors, mean_errors

_NO_BETTER = 0.95
"""Times the error of guessing from which on a model is no better than that."""

_ALL = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Update:
    """One update of the models.

    Attributes:
        generation: Its number, from 1.
        members: Members that were trained.
        labels: Labels that they learned from.
        validation_mae: Their held-out error, on average over those that rank, by
            `PROPERTY@LEVEL`; what has none is left out.
        of_kinds: The same for each kind of surrogate that was trained, by its name.
        ranked_by: The kinds that rank; none as long as they do not.
        guess: Error of always guessing the middle of the labels, by `PROPERTY@LEVEL`.
        device: Where they were trained.
    """

    generation: int
    members: int
    labels: int
    validation_mae: Mapping[str, Quantity]
    of_kinds: Mapping[Surrogate, Mapping[str, Quantity]]
    ranked_by: Sequence[Surrogate]
    guess: Mapping[str, Quantity]
    device: str

    @property
    def worthless(self) -> Sequence[str]:
        """Outputs that the models predict no better than a guess, by `PROPERTY@LEVEL`."""
        return [
            key
            for key, error in self.validation_mae.items()
            if key in self.guess and error.value >= _NO_BETTER * self.guess[key].value
        ]


def read_updates(ledger: Ledger) -> list[Update]:
    """Read all updates that trained something, in order."""
    rows = ledger.connection.execute(
        "SELECT generation, json_group_array(json_array_length(members)) AS members,"
        " max(labels) AS labels, json_group_array(surrogate) AS kinds,"
        " json_group_array(json(validation_mae)) AS errors, group_concat(DISTINCT device) AS device"
        " FROM model GROUP BY generation ORDER BY generation"
    ).fetchall()
    learned = outputs(ledger)
    return [
        _update(
            learned,
            rankings.of_update(ledger, row["generation"]),
            list(zip(json.loads(row["kinds"]), json.loads(row["errors"]), strict=True)),
            generation=row["generation"],
            members=sum(json.loads(row["members"])),
            labels=row["labels"],
            device=row["device"],
        )
        for row in rows
    ]


def read_beliefs(ledger: Ledger, latest: int = _ALL) -> list[Belief]:
    """Judge the predictions by which the latest molecules were chosen, output by output."""
    learned = outputs(ledger)
    judged = (
        belief(output, rankings.misses(ledger, learned, place, latest))
        for place, output in enumerate(learned)
    )
    return [each for each in judged if each is not None]


def _update(
    learned: Sequence[Output],
    ranking: rankings.Ranking | None,
    groups: Sequence[tuple[Surrogate, Errors]],
    *,
    generation: int,
    members: int,
    labels: int,
    device: str,
) -> Update:
    kinds = dict.fromkeys(kind for kind, _ in groups)
    ranked_by = ranking.surrogates if ranking else ()
    telling = [errors for kind, errors in groups if kind in (ranked_by or kinds)]
    return Update(
        generation=generation,
        members=members,
        labels=labels,
        validation_mae=mean_errors(learned, telling),
        of_kinds={
            kind: mean_errors(learned, [errors for each, errors in groups if each == kind])
            for kind in kinds
        },
        ranked_by=ranked_by,
        guess=mean_errors(learned, [ranking.guess]) if ranking else {},
        device=device,
    )
