"""Whatever a campaign is after, what it found is told in its words and units."""

from __future__ import annotations

from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from pydantic_core import to_json
from rich.console import Console
from support.made_ledgers import (
    FEW_HYDROGENS,
    GAP,
    GAP_OF_3_AND_SOLUBLE,
    HIGH_IP,
    HYDROGENS,
    IP,
    SOLVATION,
    Made,
    add_models,
    made_ledger,
)

from molsteer.shared.wire.properties import Indicator, Objective, Output, Quantity
from molsteer.steering.cli.console import show_findings
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.live.describing import describe
from molsteer.steering.policy.plan import Rung
from molsteer.steering.records.figures.bests import best, hits
from molsteer.steering.records.figures.reached import Reached, simulated
from molsteer.steering.records.findings import Findings, read_findings
from molsteer.steering.records.overview import overview
from molsteer.steering.records.progress import Progress, measure
from molsteer.steering.report.markdown import render
from molsteer.steering.report.write import write_report

pytestmark = pytest.mark.fast

VERTICAL = "vertical_ionization_potential"


def high_ip(folder: Path, objectives: tuple[Objective, ...] = HIGH_IP) -> Ledger:
    """A campaign for a high ionization potential, which computes the vertical one beside it."""
    found = [
        *((0, "CCO", 10.5, None), (1, "CF", 14.75, None)),
        *((2, "FC(F)F", 15.25, [13.5]), (3, "FF", 14.5, [15.0])),
    ]
    results = [
        Made(molecule, smiles, "xtb", {IP.name: value, VERTICAL: value + 0.25}, expected)
        for molecule, smiles, value, expected in found
    ]
    ledger = made_ledger(folder, objectives, results, units={VERTICAL: "eV"})
    add_models(ledger, 1, [[0.5], [0.75]])
    add_models(ledger, 2, [[0.25], [None]])
    return ledger


def few_hydrogens(folder: Path) -> Ledger:
    """A campaign for few hydrogens, which are counted and have no unit."""
    counts = {"C": 4.0, "FC(F)F": 1.0, "CF": 3.0, "OC(F)F": 2.0, "ClC(F)F": 1.0}
    results = [
        Made(molecule, smiles, "counted", {HYDROGENS.name: count}, [count] if molecule else None)
        for molecule, (smiles, count) in enumerate(counts.items())
    ]
    ledger = made_ledger(folder, FEW_HYDROGENS, results)
    add_models(ledger, 1, [[0.5]])
    return ledger


def gap_of_3_and_soluble(folder: Path) -> Ledger:
    """A campaign on two levels, each of which gives one of the objectives."""
    quick = {"C": -1.0, "CO": -5.0, "CCO": -4.0, "CN": -3.0, "CCN": -6.0, "CS": -2.0}
    good = {"CO": 4.0, "CCO": 3.25, "CN": 2.875, "CCN": 6.0, "CS": 4.5}
    numbers = {smiles: molecule for molecule, smiles in enumerate(quick)}
    results = [
        *(
            Made(numbers[smiles], smiles, "quick", {SOLVATION.name: value}, [3.5, value])
            for smiles, value in quick.items()
        ),
        *(
            Made(numbers[smiles], smiles, "good", {GAP.name: value}, [3.5, -1.0])
            for smiles, value in good.items()
        ),
    ]
    rungs = [Rung("good", 0.5)]
    ledger = made_ledger(folder, GAP_OF_3_AND_SOLUBLE, results, rungs=rungs)
    add_models(ledger, 1, [[0.5, 2.0]])
    return ledger


def findings_of(ledger: Ledger) -> Findings:
    return read_findings(ledger, "made")


def progress_of(ledger: Ledger) -> Progress:
    return measure(ledger, budget=10, activity="models idle", now=100.0)


def printed(findings: Findings) -> str:
    output = StringIO()
    show_findings(findings, Console(file=output, width=200))
    return output.getvalue()


def rows_below(heading: str, report: str) -> list[list[str]]:
    """Give the cells of the first table below a heading, its own headings first."""
    _, _, below = report.partition(f"{heading}\n")
    lines = below[below.index("|") :].split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [rows[0], *rows[2:]]


def test_the_best_ionization_potential_is_the_highest_and_hits_are_above_the_limit(
    tmp_path: Path,
) -> None:
    ledger = high_ip(tmp_path)
    progress, findings = progress_of(ledger), findings_of(ledger)
    assert progress.best == Quantity(value=15.25, unit="eV")
    assert (progress.best_smiles, progress.hits, progress.property) == ("FC(F)F", 2, IP.name)
    assert [found.smiles for found in findings.best(2)] == ["FC(F)F", "CF"]
    assert [found.predicted for found in findings.best(2)] == [
        Quantity(value=13.5, unit="eV"),
        None,
    ]
    (comparison,) = findings.comparisons
    assert (comparison.start.count, comparison.start.hits, comparison.steered.hits) == (2, 1, 1)
    assert str(comparison.steered.mean) == "14.875 eV"


def test_a_campaign_for_one_potential_reads_as_it_always_did(tmp_path: Path) -> None:
    ledger = high_ip(tmp_path)
    told = " | ".join(describe(progress_of(ledger)))
    assert "4/10 simulated, 0 in flight | 2 hits | best 15.25 eV FC(F)F" in told
    assert "model 2, error 0.25 eV" in told
    report = render(findings_of(ledger), "plot.png")
    assert rows_below("## Best molecules", report)[:2] == [
        [
            *(
                "SMILES",
                "adiabatic ionization potential / eV",
                "vertical ionization potential / eV",
            ),
            *("predicted / eV", "found as no."),
        ],
        ["`FC(F)F`", "15.250", "15.500", "13.500", "3"],
    ]
    assert rows_below("## Against the random start", report) == [
        ["", "molecules", "above 14.5 eV", "share", "best / eV", "mean / eV"],
        ["random start", "2", "1", "50%", "14.750", "12.625"],
        ["chosen by the models", "2", "1", "50%", "15.250", "14.875"],
    ]
    assert rows_below("## Models", report) == [
        ["update", "members", "labels", "held-out error / eV", "device"],
        ["1", "2", "8", "0.625", "`cpu`"],
        ["2", "2", "8", "0.250", "`cpu`"],
    ]
    assert "4.8455 eV" in report
    shown = printed(findings_of(ledger))
    assert "chosen by the models: 2 molecules, 1 above 14.5 eV, best 15.250 eV" in shown


def test_without_a_threshold_nothing_is_said_of_hits(tmp_path: Path) -> None:
    ledger = high_ip(tmp_path, (Objective(output=IP),))
    findings, progress = findings_of(ledger), progress_of(ledger)
    assert progress.hits is None
    assert all(part.count("hit") == 0 for part in describe(progress))
    assert "hit" not in render(findings, "plot.png")
    assert "share" not in render(findings, "plot.png")
    assert "above" not in printed(findings)


def test_the_fewest_hydrogens_are_the_best_and_have_no_unit(tmp_path: Path) -> None:
    ledger = few_hydrogens(tmp_path)
    progress, findings = progress_of(ledger), findings_of(ledger)
    assert (progress.best, progress.best_smiles) == (Quantity(value=1.0), "FC(F)F")
    assert [found.smiles for found in findings.best(3)] == ["FC(F)F", "ClC(F)F", "OC(F)F"]
    report, shown = render(findings, "plot.png"), printed(findings)
    assert rows_below("## Best molecules", report)[0][1:3] == ["hydrogens", "predicted"]
    assert rows_below("## Against the random start", report)[1:] == [
        ["random start", "1", "4", "4"],
        ["chosen by the models", "4", "1", "1.750"],
    ]
    assert "best 1 FC(F)F" in " | ".join(describe(progress))
    for told in (report, shown, str(progress)):
        assert "eV" not in told
        assert "potential" not in told


def test_two_objectives_on_two_levels_are_told_apart(tmp_path: Path) -> None:
    ledger = gap_of_3_and_soluble(tmp_path)
    progress, findings = progress_of(ledger), findings_of(ledger)
    assert (progress.best, progress.best_smiles) == (Quantity(value=2.875, unit="eV"), "CN")
    assert (progress.hits, progress.done, progress.budget) == (2, 11, 15)
    assert progress.levels == (Reached("quick", 6, 10), Reached("good", 5, 5))
    assert describe(progress)[0] == "6/10 quick, 5/5 good simulated, 0 in flight"
    assert simulated(ledger) == 6
    report = render(findings, "plot.png")
    assert rows_below("## Levels", report)[1:] == [
        ["quick", "xtb", "6", "10", "3.0"],
        ["good", "xtb", "5", "5", "2.5"],
    ]
    assert rows_below("## Best molecules", report)[:3] == [
        [
            *("SMILES", "homo lumo gap / eV, good", "solvation energy / kcal/mol, quick"),
            *("predicted / eV", "found as no."),
        ],
        ["`CN`", "2.875", "-3.000", "3.500", "9"],
        ["`CCO`", "3.250", "-4.000", "3.500", "8"],
    ]
    assert "### homo lumo gap / eV, good" in report
    assert "### solvation energy / kcal/mol, quick" in report
    assert "within 0.5 eV of 3 eV" in report
    assert rows_below("## Models", report)[0][3:5] == [
        "held-out error of homo lumo gap / eV, good",
        "held-out error of solvation energy / kcal/mol, quick",
    ]


def test_the_best_compromises_are_what_no_other_molecule_beats(tmp_path: Path) -> None:
    findings = findings_of(gap_of_3_and_soluble(tmp_path))
    smiles = {found.molecule: found.smiles for found in findings.found}
    assert [smiles[molecule] for molecule in findings.pareto] == ["CN", "CCO", "CO", "CCN"]
    rows = rows_below("## Best compromises", render(findings, "plot.png"))
    assert [row[0] for row in rows[1:]] == ["`CN`", "`CCO`", "`CO`", "`CCN`"]


def test_levels_are_compared_where_both_know_a_molecule(tmp_path: Path) -> None:
    gap = GAP.name
    results = [
        *(Made(place, "C" * (place + 1), "quick", {gap: place + 1.0}) for place in range(4)),
        *(Made(place, "C" * (place + 1), "good", {gap: place + 2.0}) for place in (0, 1)),
        Made(3, "CCCC", "good", {gap: 3.0}),
    ]
    ledger = made_ledger(tmp_path, GAP_OF_3_AND_SOLUBLE[:1], results, rungs=[Rung("good", 0.5)])
    findings = findings_of(ledger)
    (found,) = findings.between_levels
    assert (found.property, found.lower, found.upper, found.molecules) == (gap, "quick", "good", 3)
    assert found.mean_difference == pytest.approx(1 / 3)  # of 1, 1 and -1
    assert found.mean_deviation == pytest.approx(8 / 9)
    assert found.rank == pytest.approx(0.75**0.5)  # 3 is there twice
    assert "| homo lumo gap | eV   | good - quick | 3 " in render(findings, "plot.png")


def test_an_indicator_is_compared_by_its_distance_from_a_line(tmp_path: Path) -> None:
    gap, energy = GAP.name, SOLVATION.name
    results = [
        *(Made(place, "C" * (place + 1), "quick", {energy: -10.0 * place}) for place in range(4)),
        *(Made(place, "C" * (place + 1), "good", {gap: 2.0 * place}) for place in range(3)),
        Made(3, "CCCC", "good", {gap: 6.4}),
    ]
    objectives, units = GAP_OF_3_AND_SOLUBLE[:1], {energy: SOLVATION.unit}
    ledger = made_ledger(tmp_path, objectives, results, rungs=[Rung("good", 0.5)], units=units)
    quick = Output(name=energy, level="quick", unit=SOLVATION.unit)
    indicator = Indicator(output=quick, of=gap, falls=True)
    with ledger.transaction():
        ledger.set_fact("indicators", [indicator.model_dump(mode="json")])
    findings = findings_of(ledger)
    (found,) = findings.between_levels
    assert (found.told_by, found.molecules, found.mean_difference) == (energy, 4, None)
    assert found.mean_deviation == pytest.approx(0.1)  # of 0.08, 0.04, 0.16 and 0.12
    assert found.rank == pytest.approx(-1.0)
    assert "| homo lumo gap, told by solvation energy | eV " in render(findings, "plot.png")


def test_one_objective_has_no_compromises(tmp_path: Path) -> None:
    findings = findings_of(high_ip(tmp_path))
    assert findings.pareto == ()
    assert "compromises" not in render(findings, "plot.png")


@pytest.mark.parametrize("make", [high_ip, few_hydrogens, gap_of_3_and_soluble])
def test_findings_and_progress_are_data_as_well(make: object, tmp_path: Path) -> None:
    assert callable(make)
    ledger = make(tmp_path)
    for told in (findings_of(ledger), progress_of(ledger), overview(tmp_path)):
        assert b"best" in to_json(told)
    assert write_report(findings_of(ledger), tmp_path).read_text().startswith("# Campaign made")
    assert (tmp_path / "discovery.png").read_bytes().startswith(b"\x89PNG")


def test_the_list_of_campaigns_tells_the_best_with_its_unit(tmp_path: Path) -> None:
    high_ip(tmp_path).close()
    (summary,) = overview(tmp_path)
    assert (summary.done, summary.budget, summary.property) == (4, 10, IP.name)
    assert (str(summary.best), summary.best_smiles) == ("15.250 eV", "FC(F)F")


@pytest.mark.parametrize(
    ("wanted", "value", "count"),
    [
        ({"goal": "maximise", "hit": 2.0}, 5.0, 3),
        ({"goal": "minimise", "hit": 2.0}, 1.0, 1),
        ({"goal": "reach", "target": 3.5, "hit": 0.5}, 3.0, 2),
        ({"goal": "reach", "target": 9.0, "hit": 0.5}, 5.0, 0),
        ({"goal": "reach", "target": 0.5, "hit": 0.5}, 1.0, 1),
        ({"goal": "reach", "target": 2.0}, 2.0, None),
    ],
)
def test_best_and_hits_of_the_ledger_are_those_of_the_objective(
    wanted: dict[str, object], value: float, count: int | None, tmp_path: Path
) -> None:
    objective = Objective.model_validate({"output": IP, **wanted})
    values = [1.0, 2.0, 3.0, 5.0, 4.0, 2.0]
    results = [Made(place, "C", "xtb", {IP.name: each}) for place, each in enumerate(values)]
    with closing(made_ledger(tmp_path, [objective], results)) as ledger:
        found = best(ledger, objective)
        assert found is not None
        assert found.value.value == value == max(values, key=objective.merit)
        assert found.number == 1 + values.index(value)
        assert hits(ledger, objective) == count
        if count is not None:
            assert count == sum(map(objective.is_hit, values))


def test_a_ledger_before_its_first_session_has_nothing_to_tell(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path, create=True)) as ledger:
        findings, progress = findings_of(ledger), progress_of(ledger)
        assert (progress.best, progress.hits, progress.budget) == (None, None, 10)
        assert findings.best(5) == []
        assert "not ended yet" in write_report(findings, tmp_path).read_text()
