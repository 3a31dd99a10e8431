"""The tables of a page that are about models, machines, and the data between them."""

from __future__ import annotations

from molsteer.shared.foreign_text import one_line
from molsteer.steering.records.findings import Findings
from molsteer.steering.report import moved
from molsteer.steering.report.page.sheets import Sheet
from molsteer.steering.report.table import number


def updates(findings: Findings) -> Sheet:
    """Tell how the models learned, and which of them ranked."""
    titles = [f"held-out error, {findings.title(output)}" for output in findings.outputs]
    return Sheet(
        ("update", "ranked by", "members", "labels", *titles, "device"),
        [
            (
                *(str(each.generation), " and ".join(each.ranked_by) or "-"),
                *(str(each.members), f"{each.labels:,}"),
                *(number(each.validation_mae.get(output.key)) for output in findings.outputs),
                one_line(each.device),
            )
            for each in findings.updates
        ],
    )


def beliefs(findings: Findings) -> Sheet:
    """Tell what became of the predictions by which molecules were chosen."""
    shares = list(findings.beliefs[0].covered) if findings.beliefs else []
    return Sheet(
        (
            *("output", "molecules", "mean error", "rank correlation"),
            *(f"within the {share:.0%} interval" for share in shares),
            "strange to the models",
        ),
        [
            (
                *(findings.title(each.output), f"{each.molecules:,}", f"{each.error:.3g}"),
                "-" if each.rank is None else f"{each.rank:.2f}",
                *(f"{each.covered[share]:.0%}" for share in shares),
                f"{each.strange:,}",
            )
            for each in findings.beliefs
        ],
    )


def machines(findings: Findings) -> Sheet:
    """Tell what workers held, at work or not, and what that cost."""
    priced = any(each.cost is not None for each in findings.machines)
    cost = (f"cost / {findings.currency}",) if priced else ()
    return Sheet(
        ("topic", "site", "core hours", "GPU hours", *cost),
        [
            (
                *(each.topic, one_line(each.site)),
                *(number(each.core_hours, 2), number(each.gpu_hours, 2)),
                *((number(each.cost, 2),) if priced else ()),
            )
            for each in findings.machines
        ],
    )


def data(findings: Findings) -> Sheet:
    """Tell what moved through the blob stores, where, and what that cost."""
    return Sheet(moved.HEADINGS, list(moved.rows(findings.moved)))
