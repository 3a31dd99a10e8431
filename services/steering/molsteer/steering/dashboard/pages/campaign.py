"""The pages of one campaign: what it found, its models, its workers."""

from __future__ import annotations

from collections.abc import Iterator

from werkzeug.wrappers import Request, Response

from molsteer.shared.cli.screen.time_left import in_round_numbers
from molsteer.shared.foreign_text import one_line
from molsteer.shared.wire.properties import figures as number_of
from molsteer.shared.wire.properties import written
from molsteer.steering.dashboard.campaigns import Campaign
from molsteer.steering.dashboard.pages.figures import figures
from molsteer.steering.dashboard.pages.molecules import lines
from molsteer.steering.dashboard.site import PATIENCE_S, Site
from molsteer.steering.records.browsing.listing import read_listing
from molsteer.steering.records.browsing.query import Query
from molsteer.steering.records.judging.agreement import contradiction
from molsteer.steering.records.watching.now import Now
from molsteer.steering.records.watching.story import Story
from molsteer.steering.report.models import worthless
from molsteer.steering.report.page import model_sheets, sheets
from molsteer.steering.report.page.answers import answers

BEST_SHOWN = 10


def overview(site: Site, request: Request, campaign: Campaign) -> Response:
    """Show what a campaign does and what it found."""
    now = campaign.now.look(PATIENCE_S)
    told = campaign.told.look(PATIENCE_S)
    story = told.story if told else None
    return site.page(
        "overview.html",
        request,
        **_about(campaign, now, "overview"),
        now=now,
        tiles=list(_tiles(now)) if now else (),
        story=story,
        warnings=_warnings(story) if story else (),
        answers=list(answers(story)) if story else (),
        figures=figures(campaign, told, "found"),
        **_best(campaign),
        failures=sheets.failures(story.findings) if story else None,
        recall=story.findings.recall if story else None,
        updating=_updating(now) if now else "",
    )


def models(site: Site, request: Request, campaign: Campaign) -> Response:
    """Show what models predicted and how they learned."""
    told = campaign.told.look(PATIENCE_S)
    return site.page(
        "models.html",
        request,
        **_about(campaign, campaign.now.look(PATIENCE_S), "models"),
        story=told.story if told else None,
        expected=figures(campaign, told, "values"),
        learned=figures(campaign, told, "models"),
        model_sheets=model_sheets,
    )


def workers(site: Site, request: Request, campaign: Campaign) -> Response:
    """Show when workers were busy and what that cost."""
    told = campaign.told.look(PATIENCE_S)
    return site.page(
        "workers.html",
        request,
        **_about(campaign, campaign.now.look(PATIENCE_S), "workers"),
        story=told.story if told else None,
        figures=figures(campaign, told, "machines"),
        sheets=sheets,
        model_sheets=model_sheets,
    )


def _about(campaign: Campaign, now: Now | None, here: str) -> dict[str, object]:
    """Give what the head of every page of a campaign shows."""
    folder = one_line(campaign.folder.absolute().name)
    return {
        "title": now.name if now else folder,
        "folder": folder,
        "key": campaign.key,
        "here": here,
        "state": now.progress.activity if now else "being read",
    }


def _tiles(now: Now) -> Iterator[tuple[str, str]]:
    """Give the few numbers that are seen first, each with what it is."""
    progress = now.progress
    yield f"{progress.done:,} / {progress.budget:,}", "simulated / wanted"
    if progress.best is not None and progress.property is not None:
        value = written(progress.best.value, progress.best.unit)
        yield value, f"best {progress.property.replace('_', ' ')}"
    if progress.hits is not None:
        expected = next((each.expected_hits for each in now.achieved), None)
        by_chance = "" if expected is None else f" ({expected:.1f} expected at random)"
        yield f"{progress.hits:,}", f"hits{by_chance}"
    if progress.validation_mae is not None:
        error = progress.validation_mae
        told = f"{number_of(error.value, error.unit, 2)} {error.unit}".strip()
        yield told, f"held-out error of models {progress.generation}"
    if progress.rate_per_min and progress.left_s is not None and not now.ended:
        yield f"{progress.rate_per_min:.3g} / min", f"{in_round_numbers(progress.left_s)} left"


def _updating(now: Now) -> str:
    update = now.updating
    if update is None:
        return "no update of the models goes on"
    if not update.scorings:
        return f"update {update.generation}: {update.trained} of {update.trainings} trained"
    return f"update {update.generation}: {update.scored} of {update.scorings} chunks scored"


def _warnings(story: Story) -> list[str]:
    findings = story.findings
    told = (contradiction(findings.known_labels_apart), worthless(findings))
    return [each for each in told if each]


def _best(campaign: Campaign) -> dict[str, object]:
    with campaign.ledger() as ledger:
        listing = read_listing(ledger, Query())
    titles = [output.title.replace(" / ", ", ") for output in listing.outputs]
    return {"best": lines(listing)[:BEST_SHOWN], "titles": titles}
