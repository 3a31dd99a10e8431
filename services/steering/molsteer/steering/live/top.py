"""Everything about a campaign on one screen, wide or narrow, in the colours of the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from molsteer.shared.cli.screen.in_place import beside_bar
from molsteer.shared.cli.screen.time_left import in_round_numbers
from molsteer.shared.foreign_text import one_line, visible
from molsteer.shared.wire.properties import Objective, figures, written
from molsteer.shared.wording import counted
from molsteer.steering.live.sparkline import sparkline
from molsteer.steering.records.aims import bar
from molsteer.steering.records.failures import Failure
from molsteer.steering.records.figures.achieved import Achieved
from molsteer.steering.records.titles import title
from molsteer.steering.records.watching.now import Molecule, Now, Waiting

FAILURES_SHOWN = 3
_NARROW = 64


def screen(now: Now, left_s: float | None, width: int) -> Group:
    """Show a campaign.

    Args:
        now: The campaign.
        left_s: The time left as it is to be shown, None if it is not known.
        width: Columns of the terminal.
    """
    narrow = width < _NARROW
    parts: list[RenderableType] = [
        _line((now.name, "bold"), (now.progress.activity, "")),
        *_levels(now),
        _line((_pace(now, left_s), "")),
        Text(),
        *_found(now, width),
    ]
    parts += [Text(), _topics(now.topics, narrow=narrow)]
    parts += [*_models(now), *_failures(now.failures)]
    if now.best_molecules:
        parts += [Text(), _molecules(now)]
    return Group(*parts)


def _line(*parts: tuple[str, str]) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    for place, (text, style) in enumerate(parts):
        line.append("  " if place and text else "").append(visible(text.replace("\n", " ")), style)
    return line


def _levels(now: Now) -> Iterator[Table]:
    progress = now.progress
    several = len(progress.levels) > 1
    bars = [(each.level, each.done, each.budget) for each in progress.levels]
    for level, done, budget in bars or [("", progress.done, progress.budget)]:
        name = f" {one_line(level)}" if several else ""
        yield beside_bar(done, budget, f"{done:,}/{budget:,}{name} simulated")


def _pace(now: Now, left_s: float | None) -> str:
    progress = now.progress
    told = []
    if progress.rate_per_min is not None:
        told.append(f"{_rate(progress.rate_per_min)}")
    if left_s:
        told.append(f"{in_round_numbers(left_s)} left")
    if progress.given_up:
        told.append(f"{counted(progress.given_up, 'molecule')} given up")
    return "  ".join(told) or ("" if now.ended else "no pace yet")


def _rate(per_min: float) -> str:
    return f"{per_min:.0f}/min" if per_min >= 2 else f"{per_min * 60:.1f}/h"


def _found(now: Now, width: int) -> Iterator[Text]:
    if not now.achieved:
        yield Text("Nothing is wanted yet: steering has not begun this campaign.", "dim")
        return
    for place, each in enumerate(now.achieved):
        yield _line((_title(each.objective, now), "bold"), (_wanted(each.objective), "dim"))
        with_front = each is now.achieved[-1] and now.on_front is not None
        front = f"   {now.on_front} on the Pareto front of all" if with_front else ""
        yield _line((f"  {_achieved(each)}{front}", ""))
        if not place and now.curve:
            leading = each.objective
            merits = [leading.merit(value) for value in now.curve]
            curve = sparkline(merits, min(60, width - 4))
            yield Text(f"  {curve}", "cyan", no_wrap=True, overflow="ellipsis")
            first, last = (written(now.curve[end], leading.output.unit, 2) for end in (0, -1))
            yield _line((f"  best so far: from {first} to {last}", "dim"))
    if now.limits:
        yield _line((now.limits, ""))


def _title(objective: Objective, now: Now) -> str:
    at = f" at {objective.output.level}" if len(now.progress.levels) > 1 else ""
    return f"{objective.output.name.replace('_', ' ')}{at}"


def _wanted(objective: Objective) -> str:
    goal: str = objective.goal
    if objective.target is not None:
        goal += f" {written(objective.target, objective.output.unit, 2)}"
    hits = bar(objective)
    return f"{goal}, hits are {hits}" if hits else goal


def _achieved(each: Achieved) -> str:
    if each.best is None:
        return "no value yet"
    told = f"best {written(each.best, each.objective.output.unit, 3)}"
    if each.hits is None:
        return told
    told += f"   {counted(each.hits, 'hit')}"
    if each.expected_hits is not None:
        told += f" ({each.expected_hits:.1f} expected at random)"
    return told


def _molecules(now: Now) -> Table:
    table = _table()
    for name, right in (("", False), ("value", True), ("no.", True), ("molecule", False)):
        table.add_column(
            name, justify="right" if right else "left", no_wrap=True, overflow="ellipsis"
        )
    for name, found in (("best", now.best_molecules), ("latest", now.latest_molecules)):
        for place, each in enumerate(found):
            value = f"{figures(each.value.value, each.value.unit, 3)} {each.value.unit}".rstrip()
            table.add_row("" if place else name, value, str(each.number), _called(each))
    return table


def _called(each: Molecule) -> Text:
    name = title(each.own)
    return Text(f"{one_line(each.smiles)}{f' ({name})' if name else ''}")


def _topics(topics: Sequence[Waiting], *, narrow: bool) -> Table:
    table = _table()
    for name in ("", "workers", "in flight", "slots", *(() if narrow else ("oldest", "done"))):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    table.add_column("failed", justify="right", no_wrap=True)
    for each in topics:
        awaited = str(each.dispatched) + (f"+{each.ready}" if each.ready else "")
        oldest = "" if each.oldest_s is None else _age(each.oldest_s)
        wide = () if narrow else (oldest, f"{each.succeeded:,}")
        table.add_row(
            *(each.topic, str(each.workers), awaited, str(each.slots), *wide),
            Text(str(each.failed), "yellow" if each.failed else ""),
        )
    return table


def _age(seconds: float) -> str:
    for unit_s, name in ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.0f} {name}"
    return f"{seconds:.0f} s"


def _models(now: Now) -> Iterator[Text]:
    progress, updating = now.progress, now.updating
    told = "no model yet"
    if progress.generation:
        told = f"model {progress.generation}"
        if progress.validation_mae is not None:
            error = progress.validation_mae
            told += f", held-out error {written(error.value, error.unit, 2)}"
    if updating:
        told += f"; update {updating.generation}: {updating.trained}/{updating.trainings} trained"
        if updating.scorings:
            told += f", {updating.scored}/{updating.scorings} scored"
    yield _line((told, ""))


def _failures(failures: Sequence[Failure]) -> Iterator[RenderableType]:
    if not failures:
        yield Text("nothing failed", "dim")
        return
    for kind in failures[:FAILURES_SHOWN]:
        yield _line((f"{kind.count} x {kind.code}", "yellow"), (kind.message, "dim"))
    if len(failures) > FAILURES_SHOWN:
        yield Text(f"and {counted(len(failures) - FAILURES_SHOWN, 'other kind')}", "dim")


def _table() -> Table:
    return Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
