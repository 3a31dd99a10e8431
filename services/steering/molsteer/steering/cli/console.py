"""What `molsteer run` shows: progress while it runs, and what was found at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from rich.console import Console
from rich.table import Table
from rich.text import Text

from molsteer.shared.cli.options import Verbosity, console_for_news
from molsteer.shared.cli.screen.terminal import Terminal
from molsteer.shared.foreign_text import one_line, shell_word
from molsteer.shared.host.interrupts import counted, tidy_up_on_terminate
from molsteer.shared.telemetry.logs import log_to
from molsteer.steering.app import assembled
from molsteer.steering.control.requests import changes_of
from molsteer.steering.control.thresholds import thresholds_now
from molsteer.steering.ledger import known_labels
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.live.building import shown as shown_progress
from molsteer.steering.live.display import LineDisplay, LiveDisplay, QuietDisplay
from molsteer.steering.loop.session import Application, Display
from molsteer.steering.records.aims import bar
from molsteer.steering.records.figures.advantage import told
from molsteer.steering.records.figures.groups import Comparison
from molsteer.steering.records.findings import Findings, read_findings
from molsteer.steering.records.titles import shown, title_headings
from molsteer.steering.records.watching.story import read_story
from molsteer.steering.report.molecules import computed_with_it, predicted_title, wanted
from molsteer.steering.report.table import number
from molsteer.steering.report.write import PAGE, write_page, write_report
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.sites.port import Site
from molsteer.steering.space.admission import charged_told
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.start import outlook
from molsteer.steering.start.starters import told_of_known

BEST_SHOWN = 10

_NO_EDGE = 10_000


def follow(settings: CampaignSettings, verbosity: Verbosity, site: Site | None = None) -> int:
    """Run a campaign in front of a person; a site runs its workers where the settings start none.

    Returns:
        The exit status: 0 if the campaign ended, 1 if its simulations keep failing, 130 if the
        user stopped it.
    """
    tidy_up_on_terminate()
    console = Terminal(stderr=False)
    news = console_for_news(verbosity, stderr=True)
    verbose = verbosity == "verbose"
    if verbose:
        log_to("steering", "debug")
    with ExitStack() as stack:
        with shown_progress(news) as on_building:
            application = stack.enter_context(assembled(settings, on_building, site))
        space = application.campaign.dispatching.space
        _tell_left_out(space, news)
        _tell_repeated(application.campaign.ledger, news)
        for sentence in told_of_known(application.campaign.ledger, space):
            news.print(sentence, soft_wrap=True)
        _tell_changes(application.campaign.ledger, news)
        _tell_outlook(application, news)
        interrupts = stack.enter_context(counted())
        log = settings.run_dir / "logs" / "steering.jsonl"
        log_to("steering", "debug" if verbose else "info", log, show=verbose)
        display = _display(news)
        try:
            application.steer(display, interrupts)
        finally:
            display.close()
        return _conclude(application, console)


def show_findings(findings: Findings, console: Console) -> None:
    """Print the best molecules beside what the start found."""
    if findings.limits:
        console.print(findings.told_of_limits, soft_wrap=True)
    if findings.best(1):
        if not console.is_terminal:
            console.width = _NO_EDGE  # at which molecules would be cut apart in a file
        console.print(_best_molecules(findings))
    for comparison in findings.comparisons:
        if len(findings.comparisons) > 1:
            console.print(f"{findings.title(comparison.objective.output)}:", soft_wrap=True)
        for sentence in _compared(comparison, findings):
            console.print(sentence, soft_wrap=True)


def _compared(comparison: Comparison, findings: Findings) -> Iterator[str]:
    hits = bar(comparison.objective)
    for name, group in (
        (f"{findings.starter} start", comparison.start),
        ("drawn as control", comparison.control),
        ("chosen by the models", comparison.steered),
    ):
        if group.count:
            counted_hits = f"{group.hits} {hits}, " if hits else ""
            yield (
                f"{name}: {group.count} molecules, {counted_hits}"
                f"{f'best {group.best}' if group.best else 'none keeps the limits'}, "
                f"mean {group.mean}"
            )
    for found in findings.against_chance:
        if found.objective == comparison.objective:
            yield told(found)


def _best_molecules(findings: Findings) -> Table:
    start = f"{findings.starter} start"
    table = Table(title=f"Best molecules of {findings.name}", title_justify="left")
    values = [*wanted(findings), *computed_with_it(findings)]
    for title in (*(each.title for each in values), predicted_title(findings)):
        table.add_column(Text(title), justify="right")
    table.add_column("SMILES", overflow="fold")
    titles = title_headings(findings.own_headings)
    for heading in titles:
        table.add_column(Text(shown(heading)), overflow="fold")
    for found in findings.best(BEST_SHOWN):
        table.add_row(
            *(each.of(found.molecule) for each in values),
            start if found.predicted is None else number(found.predicted, 2),
            Text(one_line(found.smiles)),
            *(Text(shown(found.own.get(heading, ""))) for heading in titles),
        )
    return table


def _display(news: Terminal) -> Display:
    if news.quiet:
        return QuietDisplay(Terminal(stderr=True))
    return LiveDisplay(news) if news.renews else LineDisplay(news)


def _tell_left_out(space: SearchSpace, console: Console) -> None:
    manifest = space.manifest
    if rejected := manifest.rejected_rows:
        listed = ", ".join(f"{count:,} {reason}" for reason, count in rejected.items())
        console.print(
            f"Search space: {len(space):,} molecules of {manifest.rows:,} rows; left out: {listed} "
            f"(see {space.folder / manifest.rejected.file}).",
            soft_wrap=True,
        )
    if changed := manifest.changed_rows:
        listed = "; ".join(f"{count:,} {change}" for change, count in changed.items())
        place = space.folder / manifest.changed.file
        console.print(
            f"Rows of which one molecule was chosen: {listed} (see {place}).", soft_wrap=True
        )
    if manifest.charged:
        console.print(charged_told(manifest.charged), soft_wrap=True)


def _tell_repeated(ledger: Ledger, console: Console) -> None:
    rows, labels = ledger.fact("training_rows"), known_labels.count_at_start(ledger)
    if isinstance(rows, int) and rows > labels:
        console.print(
            f"Training set: {rows:,} rows, of which {rows - labels:,} repeat the molecule and "
            f"label of others.",
            soft_wrap=True,
        )


def _tell_changes(ledger: Ledger, console: Console) -> None:
    if changes := {**changes_of(ledger), **thresholds_now(ledger)}:
        listed = ", ".join(f"{name} = {value}" for name, value in changes.items())
        console.print(f"As changed with `molsteer set`: {listed}.", soft_wrap=True)


def _tell_outlook(application: Application, console: Console) -> None:
    state = application.campaign.state
    told = outlook.warning(application.settings, state.plan.known_labels)
    if told and not state.successes:
        console.print(told, soft_wrap=True)


def _conclude(application: Application, console: Console) -> int:
    settings, ledger = application.settings, application.campaign.ledger
    if application.campaign.finished:
        application.retire()
    findings = read_findings(ledger, settings.campaign.name)
    write_report(findings, settings.run_dir)
    report = write_page(read_story(settings.run_dir), settings.run_dir / PAGE)
    show_findings(findings, console)
    console.print(f"\nEnded: {_ended(findings, settings)}", soft_wrap=True)
    console.print(f"Run directory: {settings.run_dir}\nReport: {report}", soft_wrap=True)
    match findings.finished:
        case None:
            return 130
        case "failing":
            return 1
        case _:
            return 0


def _ended(findings: Findings, settings: CampaignSettings) -> str:
    here = shell_word(settings.run_dir)
    match findings.finished:
        case None:
            return f"interrupted; the same command goes on with it, or: molsteer continue {here}"
        case "stopped":
            return (
                f"stopped; `molsteer resume {here}` and the same command go on, or: "
                f"molsteer continue {here}"
            )
        case "out-of-candidates":
            return (
                f"out-of-candidates; the search space has no molecule left to simulate. More: "
                f"molsteer space add {here} MOLECULES"
            )
        case "failing":
            return f"failing. {_common_cause(findings)}"
        case reason:
            return f"{reason}."


def _common_cause(findings: Findings) -> str:
    if not findings.failures:
        return "No models could be trained or used."
    kind, count = findings.failures[0], sum(kind.count for kind in findings.failures)
    said = one_line(kind.message)
    return f"Of {count} failures, {kind.count} are {kind.code}. The last of these: {said}"
