"""What a report says of the models: how good they are, and how far they can be believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from molsteer.shared.foreign_text import literal
from molsteer.shared.wire.specs import Surrogate
from molsteer.steering.records.findings import Findings
from molsteer.steering.report.table import number, table


def models(findings: Findings) -> Iterator[str]:
    """Write what the updates were, and what became of their predictions."""
    yield "## Models\n"
    yield _updates(findings)
    kinds = _kinds_of(findings)
    if len(kinds) > 1:
        yield "Held-out errors of each kind of surrogate:\n"
        yield _errors_of(findings, kinds)
    if findings.beliefs:
        yield (
            "What was predicted of the molecules that models chose, beside what was computed then; "
            "spreads that can be believed hold as many values as they should:\n"
        )
        yield _beliefs(findings)


def worthless(findings: Findings) -> str | None:
    """Say which outputs the newest models predict no better than a guess, None if none."""
    if not findings.updates or not (outputs := findings.updates[-1].worthless):
        return None
    return (
        f"The newest models predict {', '.join(outputs)} no better than guessing the middle of all "
        f"labels would: what they choose is chance. Give them more molecules before they choose "
        f"(policy.first_training_after), or another surrogate (train.surrogate)."
    )


def _updates(findings: Findings) -> str:
    learned = findings.outputs
    several = _kinds_of(findings) != ["graphs"]
    titles = [
        f"error / {output.unit}".rstrip("/ ")
        if len(learned) == 1
        else f"error of {findings.title(output)}"
        for output in learned
    ]
    return table(
        (
            "update",
            *(["ranked by"] if several else []),
            *("members", "labels"),
            *(f"held-out {title}" for title in titles),
            "device",
        ),
        [
            (
                update.generation,
                *([" and ".join(update.ranked_by) or "-"] if several else []),
                *(update.members, update.labels),
                *(number(update.validation_mae.get(output.key)) for output in learned),
                literal(update.device),
            )
            for update in findings.updates
        ],
    )


def _kinds_of(findings: Findings) -> Sequence[Surrogate]:
    return list(dict.fromkeys(kind for update in findings.updates for kind in update.of_kinds))


def _errors_of(findings: Findings, kinds: Sequence[Surrogate]) -> str:
    return table(
        ("update", *(f"{kind}, {findings.title(o)}" for o in findings.outputs for kind in kinds)),
        [
            (
                update.generation,
                *(
                    number(update.of_kinds.get(kind, {}).get(output.key))
                    for output in findings.outputs
                    for kind in kinds
                ),
            )
            for update in findings.updates
        ],
    )


def _beliefs(findings: Findings) -> str:
    shares = list(findings.beliefs[0].covered)
    return table(
        (
            *("output", "molecules", "mean error", "mean difference", "rank correlation"),
            *(f"within the {share:.0%} interval" for share in shares),
            "strange to the models",
        ),
        [
            (
                findings.title(each.output),
                each.molecules,
                f"{each.error:.3g}",
                f"{each.bias:+.3g}",
                "-" if each.rank is None else f"{each.rank:.2f}",
                *(f"{each.covered[share]:.0%}" for share in shares),
                each.strange,
            )
            for each in findings.beliefs
        ],
    )
