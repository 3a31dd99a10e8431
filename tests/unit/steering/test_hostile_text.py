"""A campaign whose workers and files say hostile things shows them, and obeys none."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.shared.cli.main import molsteer
from molsteer.shared.cli.screen.terminal import Terminal
from molsteer.shared.telemetry.logs import log_to
from molsteer.shared.wire.messages import ErrorRecord, Simulate, Task
from molsteer.steering.cli.console import show_findings
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.live.describing import describe
from molsteer.steering.live.display import LineDisplay
from molsteer.steering.records.findings import read_findings
from molsteer.steering.records.progress import measure
from molsteer.steering.report.markdown import render

pytestmark = pytest.mark.fast

TITLE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e"
MESSAGE = f"=HYPERLINK(1)|<script>alert(1)</script>`\n\n# Well\n[x](javascript:y) {TITLE}"
OBEYED = set("\x1b\x07\x9b\u202e")


def says_evil(task: Task) -> ErrorRecord | None:
    if isinstance(task.body, Simulate) and "S" in task.body.smiles:
        return ErrorRecord(code=f"<b>{TITLE}", message=MESSAGE, retryable=False)
    return None


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> ToyCampaign:
    space = toy_space(tmp_path_factory.mktemp("space"))
    toy = ToyCampaign(tmp_path_factory.mktemp("run"), space, toy_plan(space), fails=says_evil)
    toy.run_to_the_end(toy.steering())
    return toy


def run(*arguments: str | Path) -> Result:
    done = CliRunner().invoke(molsteer, [*map(str, arguments)])
    assert done.exit_code == 0, done.output
    assert not set(done.output) & OBEYED
    return done


def test_the_report_quotes_what_failed_as_code(toy: ToyCampaign) -> None:
    text = render(read_findings(toy.open_ledger(), "toy"), "plot.png")
    assert not set(text) & OBEYED
    (row,) = [line for line in text.splitlines() if "HYPERLINK" in line]
    *_, message, _ = row.replace(r"\|", "").split("|")
    assert message.strip().startswith("``=HYPERLINK(1)<script>alert(1)</script>` # Well")
    assert message.strip().endswith("``")
    assert text.count("\n# ") == 0


def test_tables_hold_no_formula_and_one_line_for_each_row(toy: ToyCampaign, tmp_path: Path) -> None:
    run("export", toy.folder, "-o", tmp_path / "csv")
    text = (tmp_path / "csv" / "failures.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert not set(text) & OBEYED
    assert len(text.splitlines()) == 1 + len(rows)
    assert all(row["message"].startswith("'=HYPERLINK") for row in rows)


def test_json_lines_hold_exactly_what_was_said(toy: ToyCampaign, tmp_path: Path) -> None:
    run("export", toy.folder, "--format", "jsonl", "-o", tmp_path / "jsonl")
    text = (tmp_path / "jsonl" / "failures.jsonl").read_text()
    assert not set(text) & OBEYED
    assert json.loads(text.splitlines()[0])["message"] == MESSAGE


def test_the_terminal_shows_molecules_and_activities_without_obeying(
    toy: ToyCampaign, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger: Ledger = toy.open_ledger()
    progress = replace(measure(ledger, budget=24, activity=TITLE, now=0.0), best_smiles=TITLE)
    display = LineDisplay(Terminal(stderr=True))
    display.show(progress, 0.0)
    display.say(MESSAGE)
    findings = read_findings(ledger, "toy")
    evil = replace(findings.found[0], smiles=f"[red]C{TITLE}")
    show_findings(replace(findings, found=(evil,)), Terminal(stderr=False))
    shown = "".join(capsys.readouterr())
    assert not set(shown) & OBEYED
    assert not [line for line in shown.splitlines() if line.startswith("# Well")]
    assert "[red]C" in shown
    assert r"\u001b]0;owned" in shown
    assert not set("".join(describe(progress))) & OBEYED


def test_files_with_hostile_names_and_rows_are_listed(tmp_path: Path) -> None:
    source = tmp_path / f"a{TITLE}.smi"
    source.write_text(f"C\n=cmd|'/C'!A0\n@SUM(1){TITLE}\n")
    run("space", "build", source, "-o", tmp_path / "space")
    run("space", "info", tmp_path / "space")
    text = (tmp_path / "space" / "rejected.csv").read_text()
    assert not set(text) & OBEYED
    assert [row["smiles"][:2] for row in csv.DictReader(text.splitlines())] == ["'=", "'@"]


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    log_to("test", "info", tmp_path / "log.jsonl")
    yield tmp_path / "log.jsonl"
    for handler in logging.getLogger().handlers:
        handler.close()
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)


def test_logs_hold_a_line_for_each_message(log_file: Path) -> None:
    logging.getLogger("molsteer").warning("It said: %s", MESSAGE)
    (line,) = log_file.read_text().splitlines()
    assert not set(line) & OBEYED
    assert json.loads(line)["message"] == f"It said: {MESSAGE}"


def test_wrong_names_on_the_command_line_are_shown_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from molsteer.shared.cli.main import main

    for arguments in ([TITLE], ["status", TITLE], ["space", "info", f"--{TITLE}"]):
        monkeypatch.setattr("sys.argv", ["molsteer", *arguments])
        with pytest.raises(SystemExit):
            main()
        told = capsys.readouterr().err
        assert "owned" in told
        assert not set(told) & OBEYED
