from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.shared.cli.screen.terminal import Terminal
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.properties import Quantity
from molsteer.steering.cli.console import show_findings
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.live.describing import describe
from molsteer.steering.live.display import LineDisplay, LiveDisplay
from molsteer.steering.policy.plan import Rung
from molsteer.steering.records.failures import Failure
from molsteer.steering.records.findings import Findings, read_findings
from molsteer.steering.records.progress import measure
from molsteer.steering.report.markdown import render
from molsteer.steering.report.write import write_report

pytestmark = pytest.mark.fast

WANTED = {"objective": [{"hit_above": 14.0}]}


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> ToyCampaign:
    space = toy_space(tmp_path_factory.mktemp("space"))
    toy = ToyCampaign(tmp_path_factory.mktemp("run"), space, toy_plan(space), aims=WANTED)
    toy.run_to_the_end(toy.steering())
    return toy


@pytest.fixture
def findings(ended: ToyCampaign) -> Findings:
    return read_findings(ended.open_ledger(), "toy")


def test_what_was_chosen_at_random_is_told_from_what_models_chose(findings: Findings) -> None:
    first_by_model = next(m.number for m in findings.found if m.generation > 0)
    assert first_by_model > 8  # the first training waits for eight labels
    (comparison,) = findings.comparisons
    assert comparison.start.count + comparison.steered.count == len(findings.found)
    assert all((m.predicted is None) == (m.generation == 0) for m in findings.found)


def test_a_perfect_surrogate_predicts_what_was_found(findings: Findings) -> None:
    steered = [(m.predicted, m.values[ADIABATIC_IP]) for m in findings.found if m.predicted]
    assert steered
    assert all(expected.unit == found.unit == "eV" for expected, found in steered)
    assert all(
        expected.value == pytest.approx(found.value, abs=1e-4) for expected, found in steered
    )


def test_the_report_names_the_best_molecule_first(findings: Findings) -> None:
    text = render(findings, "plot.png")
    best = max(findings.found, key=lambda molecule: molecule.values[ADIABATIC_IP].value)
    assert text.index(f"`{best.smiles}`") == text.index("`")
    assert f"| {best.values[ADIABATIC_IP].value:.3f} " in text
    assert "budget-reached" in text


def test_the_report_and_its_plot_are_written(findings: Findings, tmp_path: Path) -> None:
    report = write_report(findings, tmp_path)
    assert report.read_text().startswith("# Campaign toy")
    assert (tmp_path / "discovery.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["discovery.png", "report.md"]


def test_a_report_of_a_campaign_without_labels_can_be_written(tmp_path: Path) -> None:
    space = toy_space(tmp_path)
    toy = ToyCampaign(tmp_path, space, toy_plan(space))
    toy.steering()
    findings = read_findings(toy.open_ledger(), "toy")
    assert "not ended yet" in write_report(findings, tmp_path).read_text()


def test_what_a_program_printed_stays_in_its_cell(findings: Findings) -> None:
    said = "It said:\n  a | b\nand ended."
    text = render(replace(findings, failures=(Failure("crashed", 2, said),)), "plot.png")
    assert r"| `crashed` | 2     | `It said: a \| b and ended.` |" in text


def test_a_long_molecule_is_printed_whole_however_narrow_the_terminal(findings: Findings) -> None:
    smiles = "CC1(C)OC(=O)C(CC2C(=O)OC(C)(C)OC2=O)C(=O)O1"
    found = (replace(findings.found[0], smiles=smiles),)
    output = StringIO()
    console = Console(file=output, width=70, force_terminal=True, color_system=None)
    show_findings(replace(findings, found=found), console)
    rows = [line.split("│") for line in output.getvalue().splitlines() if "│" in line]
    cells = [row[-2].strip() for row in rows]
    assert "".join(cells) == smiles


def test_hydrogens_in_brackets_are_no_markup(findings: Findings) -> None:
    pyrrole = replace(findings.found[0], smiles="c1cc[nH]c1")
    output = StringIO()
    show_findings(replace(findings, found=(pyrrole,)), Console(file=output, width=100))
    assert pyrrole.smiles in output.getvalue()


def test_a_molecule_is_printed_in_one_piece_where_there_is_no_terminal(findings: Findings) -> None:
    long = replace(findings.found[0], smiles="C" * 120)
    output = StringIO()
    show_findings(replace(findings, found=(long,)), Console(file=output, width=70))
    assert long.smiles in output.getvalue()


@pytest.mark.parametrize("kind", [LiveDisplay, LineDisplay])
def test_progress_shows_the_best_molecule_whole(
    kind: type[LiveDisplay | LineDisplay],
    ended: ToyCampaign,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ledger = ended.open_ledger()
    progress = measure(ledger, budget=24, activity="idle", now=0.0)
    display = kind(Terminal(stderr=True))
    display.show(replace(progress, best_smiles="c1cc[nH]c1"), now=0.0)
    display.close()
    assert "c1cc[nH]c1" in capsys.readouterr().err


@pytest.mark.parametrize("kind", [LiveDisplay, LineDisplay])
@pytest.mark.parametrize("hits", [None, 3])
def test_hits_are_shown_where_there_is_a_threshold(
    kind: type[LiveDisplay | LineDisplay],
    hits: int | None,
    ended: ToyCampaign,
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = measure(ended.open_ledger(), budget=24, activity="idle", now=0.0)
    display = kind(Terminal(stderr=True))
    display.show(replace(progress, hits=hits), now=0.0)
    display.close()
    assert ("hits" in capsys.readouterr().err) == (hits is not None)


def test_the_rate_of_a_campaign_that_goes_on_counts_no_time_between_sessions(
    ended: ToyCampaign, tmp_path: Path
) -> None:
    toy = ToyCampaign(tmp_path, ended.space, ended.plan)
    first = toy.steering()
    while first.state.successes < 12:
        first.step(0.0)
        toy.work()
    first.ledger.close()
    toy.at += 1_000_000.0
    again = toy.steering()
    assert rate_per_min(again.ledger, toy.clock()) is None
    before, begun = again.state.successes, toy.clock()
    toy.run_to_the_end(again)
    expected = (again.state.successes - before) / (toy.clock() - begun) * 60.0
    assert rate_per_min(again.ledger, toy.clock()) == pytest.approx(expected, rel=0.2)


def rate_per_min(ledger: Ledger, now: float) -> float | None:
    progress = measure(ledger, budget=24, activity="idle", now=now)
    return progress.rate_per_min


def test_progress_tells_what_a_person_wants_to_know(ended: ToyCampaign) -> None:
    progress = measure(
        ended.open_ledger(),
        budget=24,
        activity="idle",
        now=ended.clock(),
    )
    assert (progress.done, progress.in_flight, progress.given_up) == (24, 0, 0)
    assert progress.left_s == 0.0
    told = " | ".join(describe(progress))
    assert "24/24 simulated" in told
    assert progress.best is not None
    assert f"best {progress.best.value:.2f} eV" in told
    assert f"{progress.hits} hit" in told
    assert "idle" in told


def test_a_campaign_on_two_levels_tells_of_both(ended: ToyCampaign, tmp_path: Path) -> None:
    aims: dict[str, object] = {
        "level": [{"name": "quick", "method": "toy"}, {"name": "good", "method": "toy"}],
        "objective": [
            {"property": "length", "level": "good", "unit": "letters", "goal": "minimise"},
            {"property": "price", "level": "quick", "goal": "reach", "target": 5.0},
        ],
    }
    plan = toy_plan(ended.space, level="quick", rungs=(Rung("good", 0.25),))
    toy = ToyCampaign(tmp_path, ended.space, plan, aims=aims)
    toy.run_to_the_end(toy.steering())
    findings = read_findings(toy.open_ledger(), "toy")
    assert [(each.level, each.done) for each in findings.reached] == [("quick", 24), ("good", 6)]
    (best, *_), text = findings.best(6), render(findings, "plot.png")
    assert best.values["length"] == Quantity(value=len(best.smiles) + 0.5, unit="letters")
    assert best.predicted is None or best.predicted.unit == "letters"
    assert "length / letters, good" in text
    assert "hit" not in text
    labelled = {found.molecule for found in findings.found if found.level == "good"}
    assert set(findings.pareto) <= labelled
    assert findings.pareto
