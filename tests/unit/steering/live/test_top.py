"""A campaign on one screen."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from rich.console import Console
from support.made_campaigns import (
    made_campaign,
    on_two_levels,
    with_failures_only,
    without_threshold,
)
from support.made_ledgers import add_models
from support.screen import Watched

from molsteer.shared.cli.main import molsteer
from molsteer.shared.errors import ServiceUnavailable
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.live.sparkline import sparkline
from molsteer.steering.live.top import screen
from molsteer.steering.records.watching.now import Now
from molsteer.steering.run_records import RunRecords

pytestmark = pytest.mark.fast

EVIL = "<b>\x1b]0;owned\x07\u202e\n# no"


def shown(now: Now, width: int = 80) -> str:
    file = StringIO()
    console = Console(file=file, width=width, force_terminal=True, color_system=None)
    console.print(screen(now, now.progress.left_s, width))
    return file.getvalue()


def now_of(make: Callable[[Path], Ledger], folder: Path) -> Now:
    with closing(make(folder)):
        return RunRecords(folder).at_this_moment()


def not_begun(folder: Path) -> Ledger:
    made_campaign(folder / "like").close()
    (folder / "like" / "settings.json").replace(folder / "settings.json")
    return Ledger(folder, create=True)


@pytest.mark.parametrize("width", [120, 80, 40, 20])
@pytest.mark.parametrize(
    "make", [made_campaign, on_two_levels, with_failures_only, without_threshold, not_begun]
)
def test_every_campaign_fits_every_terminal(
    make: Callable[[Path], Ledger], width: int, tmp_path: Path
) -> None:
    lines = shown(now_of(make, tmp_path), width).splitlines()
    assert all(cell_len(line) <= width for line in lines)
    assert len(lines) <= 24
    assert "made" in lines[0]


def test_the_screen_shows_what_was_found_and_what_failed(tmp_path: Path) -> None:
    text = shown(now_of(made_campaign, tmp_path / "a"))
    assert "best 16.100 eV   3 hits (1.7 expected at random)" in text
    assert "best so far: from 14.20 eV to 16.10 eV" in text
    assert text.index("N#N") < text.index("FC(F)F")
    assert "3 x dissociated" in shown(now_of(with_failures_only, tmp_path / "b"))
    assert "not begun this campaign" in shown(now_of(not_begun, tmp_path / "c"))
    both = shown(now_of(on_two_levels, tmp_path / "d"))
    assert "3/10 quick simulated" in both
    assert "homo lumo gap at good" in both
    assert "reach 3.00 eV, hits are within 0.5 eV of 3 eV" in both
    assert "best -3.000 kcal/mol   2 on the Pareto front of all" in both
    assert "Pareto" not in text


def test_a_campaign_that_has_ended_has_no_pace(tmp_path: Path) -> None:
    with closing(made_campaign(tmp_path)) as ledger:
        assert "no pace yet" in shown(RunRecords(tmp_path).at_this_moment())
        with ledger.transaction():
            ledger.set_fact("finished", "stopped")
        assert "pace" not in shown(RunRecords(tmp_path).at_this_moment())


def test_an_update_in_progress_is_shown_with_its_parts(tmp_path: Path) -> None:
    with closing(made_campaign(tmp_path)) as ledger:
        add_models(ledger, 2, [[0.25]])
        assert RunRecords(tmp_path).at_this_moment().updating is None
        with ledger.transaction() as connection:
            connection.execute(
                "INSERT INTO task (task_id, topic, command, state, created_at, dispatched_at)"
                " VALUES ('infer/2/0/1', 'infer', '{\"generation\": 2}', 'dispatched', 7, 7)"
            )
        text = shown(RunRecords(tmp_path).at_this_moment())
    assert "model 2, held-out error 0.25 eV; update 2: 1/1 trained, 0/1 scored" in text


def test_what_others_wrote_does_nothing(tmp_path: Path) -> None:
    with_failures_only(tmp_path, EVIL).close()
    done = CliRunner().invoke(molsteer, ["top", str(tmp_path)])
    assert not set(done.output) & set("\x1b\x07\u202e")
    assert "owned" in done.output
    told = CliRunner().invoke(molsteer, ["status", str(tmp_path)])
    assert "3 failed (dissociated), lastly: <b>" in told.output
    assert not [line for line in told.output.splitlines() if line.startswith("#")]


def test_without_a_terminal_it_is_shown_once(tmp_path: Path) -> None:
    made_campaign(tmp_path).close()
    for arguments in (["top"], ["status", "--watch"]):
        done = CliRunner().invoke(molsteer, [*arguments, str(tmp_path)])
        assert done.exit_code == 0
        assert done.output.count("5/10 simulated") == 1


def test_json_has_what_the_screen_shows_and_what_it_had_before(tmp_path: Path) -> None:
    made_campaign(tmp_path).close()
    told = json.loads(CliRunner().invoke(molsteer, ["status", str(tmp_path), "--json"]).output)
    assert (told["done"], told["best"]) == (5, {"value": 16.1, "unit": "eV"})
    assert told["best_molecules"][0]["smiles"] == "N#N"
    assert [each["topic"] for each in told["topics"]] == ["simulate", "train", "infer"]
    assert told["curve"][-1] == 16.1
    both = CliRunner().invoke(molsteer, ["status", str(tmp_path), "--json", "--watch"])
    assert both.exit_code == 2


@pytest.mark.parametrize("command", ["top", "status"])
def test_a_folder_without_a_campaign_is_refused(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from molsteer.shared.cli.main import main

    monkeypatch.setattr("sys.argv", ["molsteer", command, "absent"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "There is no campaign in absent" in capsys.readouterr().err


def test_nothing_is_changed_by_watching(tmp_path: Path) -> None:
    made_campaign(tmp_path).close()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    CliRunner().invoke(molsteer, ["top", str(tmp_path)])
    assert {path: path.read_bytes() for path in before} == before
    new = {path.name for path in tmp_path.rglob("*") if path.is_file()} - {p.name for p in before}
    assert new <= {"ledger.sqlite-shm", "ledger.sqlite-wal"}  # SQLite's own, of any reader


WATCH = """
import sys
from pathlib import Path
from molsteer.shared.cli.screen.terminal import Terminal
from molsteer.shared.errors import ServiceUnavailable
from molsteer.steering.live.watching import watch
from molsteer.steering.run_records import RunRecords

records, looks = RunRecords(Path(sys.argv[1])), 0

def read():
    global looks
    looks += 1
    if looks == 2:
        raise ServiceUnavailable("The run directory", sys.argv[1], "it is locked", "Wait.")
    return records.at_this_moment()

watch(read, Terminal(stderr=True), wait=lambda _: sys.stdin.readline())
"""


def test_the_view_renews_itself_survives_a_busy_ledger_and_leaves_the_end(tmp_path: Path) -> None:
    with (
        closing(made_campaign(tmp_path)) as ledger,
        Watched([sys.executable, "-c", WATCH, str(tmp_path)]) as view,
    ):
        view.until(lambda screen: any("5/10 simulated" in row for row in screen.rows))
        view.tell("")
        view.until(
            lambda screen: (
                any("it is locked" in row for row in screen.rows)
                and not any("5/10" in row for row in screen.rows)
            )
        )
        view.tell("")
        view.until(
            lambda screen: (
                any("5/10 simulated" in row for row in screen.rows) and screen.rests_at("made")
            )
        )
        view.resize(40)
        with ledger.transaction():
            ledger.set_fact("finished", "stopped")
        view.tell("")
        view.end()
        assert sum("made" in row for row in view.screen.rows) == 1
        assert any("ended: stopped" in row for row in view.screen.rows)


def test_a_sparkline_is_as_wide_as_it_may_be_and_ends_with_the_last_value() -> None:
    assert sparkline([1.0, 2.0, 3.0], 10) == "▁▅█"
    assert sparkline([2.0, 2.0], 10) == "▄▄"
    assert len(sparkline([float(n) for n in range(1000)], 30)) == 30
    assert sparkline([float(n) for n in range(1000)], 30).endswith("█")
    assert sparkline([], 10) == ""


def test_a_ledger_that_is_busy_is_told_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def locked(_: RunRecords) -> Now:
        raise ServiceUnavailable("The run directory", str(tmp_path), "it is locked", "Wait.")

    monkeypatch.setattr(RunRecords, "at_this_moment", locked)
    done = CliRunner().invoke(molsteer, ["top", str(tmp_path)])
    assert isinstance(done.exception, ServiceUnavailable)
