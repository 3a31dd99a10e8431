"""A campaign as one HTML file that can be mailed: no script, nothing from elsewhere."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from molsteer.shared.foreign_text import visible
from molsteer.shared.host.versions import installed_versions
from molsteer.shared.wire.properties import figures
from molsteer.steering.records.aims import bar
from molsteer.steering.records.figures.advantage import Advantage
from molsteer.steering.records.findings import Findings
from molsteer.steering.records.judging.agreement import contradiction
from molsteer.steering.records.moved import told
from molsteer.steering.records.watching.story import Story
from molsteer.steering.report.figures.canvas import Drawing
from molsteer.steering.report.figures.discovery import discoveries
from molsteer.steering.report.figures.learning import learning
from molsteer.steering.report.figures.machines import work
from molsteer.steering.report.figures.predictions import distributions, expectations
from molsteer.steering.report.models import worthless
from molsteer.steering.report.molecules import remarks
from molsteer.steering.report.page import model_sheets, sheets
from molsteer.steering.report.page.answers import answers, core_time
from molsteer.steering.report.page.method import citations, method

if TYPE_CHECKING:
    from jinja2 import Environment

CARDS_SHOWN = 12

_TEMPLATES = Path(__file__).parent / "templates"


def render_page(story: Story) -> str:
    """Write the page of a campaign."""
    findings = story.findings
    return rendered(
        "campaign.html",
        story=story,
        findings=findings,
        title=findings.name,
        state=state(story),
        tiles=list(tiles(story)),
        warnings=[
            each
            for each in (contradiction(findings.known_labels_apart), worthless(findings))
            if each
        ],
        answers=list(answers(story)),
        best=sheets.best(findings, CARDS_SHOWN),
        remarks=[remark.replace("`", "") for remark in remarks(findings)],
        compromises=sheets.compromises(findings),
        of_front=sheets.of_front(findings),
        objectives=[_wanted(findings, place) for place in range(len(findings.objectives))],
        drawings=drawings_by_section(story),
        sheets=sheets,
        model_sheets=model_sheets,
        traffic=list(told(findings.traffic)),
        method=method(story),
        citations=citations(story),
        seed=story.about.settings.campaign.seed,
        when=_when(story),
    )


def drawings_by_section(story: Story) -> dict[str, list[Drawing]]:
    """Give all figures of a campaign by the part of the report that they belong to."""
    findings = story.findings
    return {
        "found": list(discoveries(findings)),
        "values": [*expectations(findings), *distributions(findings)],
        "models": list(learning(findings)),
        "machines": list(work(story.machines)),
    }


def rendered(template: str, **told: object) -> str:
    """Fill a template; whatever is put into it is escaped."""
    css = (_TEMPLATES / "page.css").read_text(encoding="utf-8")
    digest = b64encode(sha256(css.encode()).digest()).decode()
    page = environment().get_template(template)
    return page.render(
        css=css,
        css_digest=digest,
        written_at=moment(time.time()),
        version=installed_versions().get("molsteer-steering", ""),
        **told,
    )


def environment(*folders: Path) -> Environment:
    """Fill templates of these folders, the first one first, or of the report; all is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([*folders, _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Control characters do nothing in HTML but may hide or turn what stands beside them.
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    environment.filters["moment"] = moment
    return environment


def moment(at: float | None) -> str:
    """Write a time as people of this machine's zone do."""
    if at is None:
        return "-"
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def duration(seconds: float) -> str:
    """Write a duration in the unit that it deserves."""
    for unit_s, name in ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.1f} {name}"
    return f"{seconds:.0f} seconds"


def state(story: Story) -> str:
    """Say in a few words whether a campaign goes on."""
    if story.findings.finished:
        return f"ended: {story.findings.finished}"
    words = {True: "running", False: "not running, not ended", None: "perhaps running"}
    return words[story.runs]


def _when(story: Story) -> str:
    about = story.about
    if about.begun_at is None:
        return "not begun yet"
    elapsed = f" ({duration(story.findings.elapsed_s)})" if story.findings.elapsed_s else ""
    return f"{moment(about.begun_at)} to {moment(about.ended_at)}{elapsed}"


def tiles(story: Story) -> Iterator[tuple[str, str]]:
    """Give the few numbers that are seen first, each with what it is."""
    findings = story.findings
    done = sum(each.done for each in findings.reached)
    wanted = sum(each.budget for each in findings.reached)
    yield f"{done:,} / {wanted:,}", "simulated / wanted"
    if findings.leading and (best := findings.best(1)):
        output = findings.leading.output
        value = figures(best[0].value(output) or 0.0, output.unit)
        yield f"{value} {output.unit}".strip(), f"best {output.name.replace('_', ' ')}"
    if story.findings.against_chance:
        yield from _tiles_of(story.findings.against_chance[0])
    yield core_time(sum(each.cpu_s for each in findings.tasks)), "processor time"


def _tiles_of(advantage: Advantage) -> Iterator[tuple[str, str]]:
    if advantage.chosen_hits is not None and advantage.drawn_hits is not None:
        yield f"{advantage.chosen_hits + advantage.drawn_hits:,}", f"hits, {_bar(advantage)}"
    ratio, ahead = advantage.times_better, advantage.median_ahead
    if ratio is None:
        yield f"{ahead.value:+.2f} {ahead.unit}".strip(), "better than random, by the medians"
    elif ratio.value is not None:
        yield f"{ratio.value:.1f} x", "hits of the models against random"
    elif ratio.lowest > 1.0:
        yield f"> {ratio.lowest:.1f} x", "hits of the models against random"


def _bar(advantage: Advantage) -> str:
    return bar(advantage.objective) or ""


def _wanted(findings: Findings, place: int) -> Sequence[str]:
    objective = findings.objectives[place]
    target = "" if objective.target is None else f" {objective.target:g} {objective.output.unit}"
    return (
        findings.title(objective.output),
        f"{objective.goal}{target}".strip(),
        bar(objective) or "no threshold",
        objective.output.level,
    )
