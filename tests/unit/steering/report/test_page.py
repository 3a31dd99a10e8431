"""The report as one HTML file that can be mailed."""

from __future__ import annotations

import re
import shutil
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.made_campaigns import (
    made_campaign,
    on_two_levels,
    with_failures_only,
    without_threshold,
)
from support.made_ledgers import HIGH_IP, Made

from molsteer.shared.cli.main import molsteer
from molsteer.steering.errors import RefusedFile
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.watching.story import Story, read_story
from molsteer.steering.report.page.answers import answers
from molsteer.steering.report.page.method import citations, method
from molsteer.steering.report.page.page import drawings_by_section, render_page

pytestmark = pytest.mark.fast


def report(*arguments: object) -> Result:
    return CliRunner().invoke(molsteer, ["report", *map(str, arguments)])


def told(make: Make, folder: Path, *arguments: str) -> Story:
    with closing(make(folder, *arguments)):
        return read_story(folder)


Make = Callable[..., Ledger]


@pytest.fixture(scope="module")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Make], Page]:
    """Render the page of each kind of campaign once."""
    return cache(lambda make: Page(render_page(told(make, tmp_path_factory.mktemp("run")))))


class Page(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.words, self.addresses = list[str](), list[str](), list[str]()
        self.attributes = set[str]()
        self.policy = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        self.attributes |= found.keys()
        self.addresses += [found[name] or "" for name in ("src", "href") if name in found]
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"] or ""

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_the_page_needs_nothing_else_and_runs_nothing(page_of: Callable[[Make], Page]) -> None:
    page = page_of(made_campaign)
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert not {name for name in page.attributes if name.startswith("on") or name == "style"}
    elsewhere = [each for each in page.addresses if not each.startswith("data:image/svg+xml;")]
    assert all(each.startswith("https://doi.org/") for each in elsewhere)
    assert page.policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in page.policy


def test_the_page_answers_what_its_owner_asks(page_of: Callable[[Make], Page]) -> None:
    page = page_of(made_campaign)
    assert "3 hits (above 14.5 eV) among 5 molecules" in page.text
    assert "The best adiabatic ionization potential is 16.100 eV, of N#N." in page.text
    assert "2 hits among 2 chosen, 1 among 3 drawn" in page.text
    assert "Nothing failed." in page.text
    assert "seed 7" in page.text
    assert page.addresses.count(page.addresses[0]) == 1


def test_what_others_wrote_is_shown_and_never_becomes_a_part_of_the_page(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=y>\x1b]0;owned\x07\u202e"
    story = told(with_failures_only, tmp_path, evil)
    found = replace(story.findings, name=evil, own_headings=("name",))
    text = render_page(replace(story, findings=found))
    page = Page(text)
    assert "script" not in page.tags
    assert "onerror" not in page.attributes
    assert page.text.count("<script>alert(1)</script>") >= 2
    assert not set(text) & set("\x1b\x07\u202e")


def test_a_machine_that_cannot_draw_molecules_leaves_the_drawings_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "rdkit.Chem.Draw", None)
    page = Page(render_page(told(made_campaign, tmp_path)))
    assert "Best molecules" in page.text
    assert "code" in page.tags, "their SMILES are still there"
    assert sum("Install libxrender1" in told_of.message for told_of in caplog.records) == 1


def test_names_of_the_users_own_file_stand_beside_the_structures(tmp_path: Path) -> None:
    story = told(made_campaign, tmp_path)
    found = [replace(each, own={"name": "Kryptonite <b>"}) for each in story.findings.found]
    findings = replace(story.findings, found=found, own_headings=("name",))
    page = Page(render_page(replace(story, findings=findings)))
    assert "Kryptonite <b>" in page.text
    assert "b" not in page.tags[page.tags.index("code") - 3 : page.tags.index("code")]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (without_threshold, "No threshold is set, so nothing is called a hit."),
        (without_threshold, "There is nothing to compare yet"),
        (with_failures_only, "no simulation has succeeded, and 3 tasks failed"),
        (with_failures_only, "There is no curve yet"),
        (on_two_levels, "Best compromises"),
        (on_two_levels, "homo lumo gap / eV, good"),
    ],
)
def test_every_kind_of_campaign_has_a_page_that_explains_itself(
    make: Make, said: str, page_of: Callable[[Make], Page]
) -> None:
    page = page_of(make)
    assert said in page.text
    assert "None" not in page.text
    assert "nan" not in page.text.split()


def test_a_campaign_that_has_not_begun_says_so(tmp_path: Path) -> None:
    made_campaign(tmp_path / "like").close()
    (tmp_path / "run").mkdir()
    shutil.copy(tmp_path / "like" / "settings.json", tmp_path / "run")
    Ledger(tmp_path / "run", create=True).close()
    page = Page(render_page(read_story(tmp_path / "run")))
    assert "steering has not started its first session" in page.text
    assert "No task has ended yet" in page.text


def test_figures_are_svg_that_any_reader_takes_and_are_the_same_each_time(tmp_path: Path) -> None:
    story = told(made_campaign, tmp_path)
    every = [each for part in drawings_by_section(story).values() for each in part]
    assert {"discovery", "predictions", "distribution", "workers"} <= {d.name for d in every}
    for drawing in every:
        written = drawing.written("svg")
        assert ET.fromstring(written).tag.endswith("svg")  # noqa: S314 - our own
        assert written == drawing.written("svg")
        assert drawing.told.endswith(".")


def test_workers_may_be_called_whatever_they_like(tmp_path: Path) -> None:
    with closing(with_failures_only(tmp_path)) as ledger:
        with ledger.transaction() as connection:
            connection.execute("UPDATE task SET worker = ?", ("中文$\\x$\x1b]0;owned\x07<b>",))
        story = read_story(tmp_path)
    (drawing,) = drawings_by_section(story)["machines"]
    assert ET.fromstring(drawing.written("svg")).tag.endswith("svg")  # noqa: S314 - our own
    assert drawing.written("pdf").startswith(b"%PDF")


def test_a_discovery_curve_of_many_simulations_stays_small(tmp_path: Path) -> None:
    values = [14.0 + (number % 97) / 60 for number in range(6_000)]
    results = [
        Made(n, "CCO", "xtb", {HIGH_IP[0].output.name: v}, (14.0,) if n > 300 else None)
        for n, v in enumerate(values)
    ]
    with closing(made_campaign(tmp_path, results=results, budget=6_000)):
        story = read_story(tmp_path)
    for drawing in [each for part in drawings_by_section(story).values() for each in part]:
        assert len(drawing.written("svg")) < 400_000, drawing.name


def test_only_what_was_used_is_cited(tmp_path: Path) -> None:
    xtb = told(made_campaign, tmp_path / "xtb")
    assert "GFN2-xTB" in method(xtb)
    assert "the random seed was 7" in method(xtb)
    assert any("GFN2-xTB" in each.text for each in citations(xtb))
    assert not any("quantum chemistry structures" in each.text.lower() for each in citations(xtb))
    about = replace(xtb.about, sources=("qm9.smi",))
    assert any("134 kilo" in each.text for each in citations(replace(xtb, about=about)))
    levels = [
        each.model_copy(update={"spec": each.spec.model_copy(update={"method": "toy"})})
        for each in xtb.findings.levels
    ]
    toy = replace(xtb, findings=replace(xtb.findings, levels=levels))
    assert "GFN2" not in method(toy)
    assert not any("GFN2" in each.text for each in citations(toy))


def test_a_campaign_whose_start_was_no_random_sample_says_so(tmp_path: Path) -> None:
    with closing(made_campaign(tmp_path, **{"policy.starter": "k-means"})):
        found = {each.question: each.answer for each in answers(read_story(tmp_path))}
    assert "no random sample" in found["Is it better than random?"]


def test_the_command_writes_what_is_asked_for(tmp_path: Path) -> None:
    run, here = tmp_path / "run", tmp_path / "here"
    here.mkdir()
    made_campaign(run).close()
    done = report(run)
    assert done.output.split() == [str(run / "report.html"), str(run / "report.md")]
    assert (run / "discovery.png").read_bytes().startswith(b"\x89PNG")
    assert report(run, "-o", here / "a.md").output.split() == [str(here / "a.md")]
    assert report(run, "-o", here / "a.html", "--figures", here / "figures").exit_code == 0
    assert (here / "a.html").read_text().startswith("<!DOCTYPE html>")
    assert (here / "figures" / "discovery.pdf").read_bytes().startswith(b"%PDF")
    assert {path.suffix for path in (here / "figures").iterdir()} == {".svg", ".pdf", ".png"}


def test_a_run_directory_that_takes_no_file_is_reported_elsewhere(tmp_path: Path) -> None:
    run = tmp_path / "run"
    made_campaign(run).close()
    (run / "report.html").mkdir()  # root may write wherever permissions forbid it
    refused = report(run)
    assert isinstance(refused.exception, RefusedFile)
    assert "-o FILE" in str(refused.exception)
    assert report(run, "-o", tmp_path / "report.html").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("absent",), "There is no campaign in absent"),
        (("run", "absent"), "There is no campaign in absent"),
        (("run", "-o", "none/report.html"), "none/report.html cannot be written"),
        (("run", "--figures", "run/ledger.sqlite/a"), "cannot be written"),
        ((), "Missing argument 'RUN_DIR...'"),
        (("run", "run", "--latency"), "--latency takes one run directory"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(
    arguments: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from molsteer.shared.cli.main import main

    monkeypatch.chdir(tmp_path)
    made_campaign(Path("run")).close()
    monkeypatch.setattr("sys.argv", ["molsteer", "report", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert not (tmp_path / "none").exists()


def test_a_damaged_ledger_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from molsteer.shared.cli.main import main

    made_campaign(tmp_path).close()
    for name in ("ledger.sqlite-wal", "ledger.sqlite-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "ledger.sqlite").write_bytes(b"not a ledger at all" * 100)
    monkeypatch.setattr("sys.argv", ["molsteer", "report", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert re.search(r"ledger\.sqlite", capsys.readouterr().err)
