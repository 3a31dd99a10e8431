"""Why a molecule was chosen, what came of it, and what that took, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from molsteer.shared.foreign_text import one_line
from molsteer.shared.wire.properties import written
from molsteer.steering.records.browsing.molecule import Expectation, OneMolecule
from molsteer.steering.report.page.sheets import Sheet
from molsteer.steering.report.table import number


def values(told: OneMolecule) -> Sheet:
    """List what was computed, level by level."""
    return Sheet(
        ("property", "level", "value", "unit", "program"),
        [
            (
                *(name.replace("_", " "), found.level, number(value), value.unit),
                one_line(told.engines.get(found.level, "-")),
            )
            for found in told.found
            for name, value in found.values.items()
        ],
    )


def lineage(told: OneMolecule) -> Sequence[tuple[str, str]]:
    """Tell who chose it and why, each fact behind what it is."""
    return list(_lineage(told))


def _lineage(told: OneMolecule) -> Iterator[tuple[str, str]]:
    yield "chosen by", _chosen_by(told)
    if told.expected is not None:
        yield from _expected(told.expected, "expected then")
        yield "score", f"{told.expected.score:.4g}; the largest are simulated first"
    for key, error in told.update.validation_mae.items() if told.update else ():
        yield f"held-out error, {key.replace('_', ' ')}", written(error.value, error.unit, 2)
    if told.newest is not None and told.newest != told.expected:
        yield from _expected(told.newest, f"expected by update {told.newest.generation}")
    if told.place is not None:
        yield "place among all", f"{told.place:,}, by the leading objective"
    if told.found:
        yield "found as no.", f"{told.found[0].number:,}"


def _chosen_by(told: OneMolecule) -> str:
    if told.by_chance:
        return "chance, as a control of the models"
    if told.update is not None:
        kinds = f" ({' and '.join(told.update.ranked_by)})" if told.update.ranked_by else ""
        which = f"the models of update {told.update.generation}{kinds}"
        return f"{which}, trained on {told.update.labels} labels"
    return "the models" if told.expected else "the start, before there was a model"


def _expected(expectation: Expectation, when: str) -> Iterator[tuple[str, str]]:
    for output, mean in expectation.means.items():
        spread = expectation.spreads.get(output)
        apart = "" if spread is None else f" ± {number(spread, 2)}"
        name = output.name.replace("_", " ")
        yield f"{name} {when}", f"{number(mean, 2)}{apart} {output.unit}".rstrip()


def attempts(told: OneMolecule) -> Sheet:
    """List its simulations, attempt by attempt."""
    return Sheet(
        ("task", "ended", "worker", "waited / s", "ran / s", "processor / s", "what went wrong"),
        [
            (
                *(each.task_id, each.status or each.state, one_line(each.worker or "-")),
                _between(each.dispatched_at, each.started_at),
                _between(each.started_at, each.ended_at),
                number(each.cpu_s, 1),
                one_line(f"{each.reason}: {each.message}") if each.reason else "-",
            )
            for each in told.paths
        ],
    )


def _between(begin: float | None, end: float | None) -> str:
    return "-" if begin is None or end is None else number(max(0.0, end - begin), 1)


def stages(told: OneMolecule) -> Sequence[tuple[str, str]]:
    """Tell what the time of the last attempt went into."""
    last = told.paths[-1].stages if told.paths else ()
    return [(one_line(each.name), f"{each.duration_s:.2f} s") for each in last]
