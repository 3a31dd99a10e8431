"""Ledgers with results that a test has thought out, without a campaign that finds them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from molsteer.shared.wire.properties import Limit, Objective, Output
from molsteer.shared.wire.specs import Level
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.plan import Plan, Rung

IP = Output(name="adiabatic_ionization_potential", level="xtb", unit="eV")
HYDROGENS = Output(name="hydrogens", level="counted")
GAP, SOLVATION = (
    Output(name="homo_lumo_gap", level="good", unit="eV"),
    Output(name="solvation_energy", level="quick", unit="kcal/mol"),
)

HIGH_IP = (Objective(output=IP, hit=14.5),)
FEW_HYDROGENS = (Objective(output=HYDROGENS, goal="minimise"),)
GAP_OF_3_AND_SOLUBLE = (
    Objective(output=GAP, goal="reach", target=3.0, hit=0.5),
    Objective(output=SOLVATION, goal="minimise"),
)


@dataclass(frozen=True)
class Made:
    """One result.

    Attributes:
        values: By name of the property.
        expected: Means of what the models predicted, output by output; None if there was none.
        by_chance: Whether it was drawn as a control.
    """

    molecule: int
    smiles: str
    level: str
    values: Mapping[str, float]
    expected: Sequence[float] | None = None
    by_chance: bool = False


def made_ledger(
    folder: Path,
    objectives: Sequence[Objective],
    results: Sequence[Made] = (),
    *,
    outputs: Sequence[Output] = (),
    budget: int = 10,
    rungs: Sequence[Rung] = (),
    units: Mapping[str, str] | None = None,
    limits: Sequence[Limit] = (),
    **identity: object,
) -> Ledger:
    """Make the ledger of a campaign that has these results.

    Args:
        folder: The run directory.
        objectives: What is wanted.
        results: In the order of settling.
        outputs: What models predict; what is wanted, if not given.
        budget: Of the first level.
        rungs: Levels above the first.
        units: Of properties that are not wanted, by name.
        limits: What molecules have to keep to.
        identity: What else the campaign is known by.
    """
    aimed = [*(each.output for each in objectives), *(each.output for each in limits)]
    outputs = outputs or list(dict.fromkeys(aimed))
    known = {output.name: output.unit for output in outputs} | dict(units or {})
    first = results[0].level if results else outputs[0].level
    names = dict.fromkeys([first, *(rung.level for rung in rungs)])
    ledger = Ledger(folder, create=True)
    with ledger.transaction():
        ledger.set_fact("plan", asdict(made_plan(budget, first, rungs)))
        ledger.set_fact("identity", {"campaign.name": "made", **identity})
        ledger.set_fact("objectives", [each.model_dump(mode="json") for each in objectives])
        ledger.set_fact("limits", [each.model_dump(mode="json") for each in limits])
        ledger.set_fact("outputs", [each.model_dump(mode="json") for each in outputs])
        ledger.set_fact("levels", [Level(name=name).model_dump(mode="json") for name in names])
        for number, made in enumerate(results, start=1):
            _add(ledger, number, made, known)
    return ledger


def made_plan(budget: int, level: str, rungs: Sequence[Rung] = ()) -> Plan:
    """Give a plan of which only budget and levels matter."""
    return Plan(
        **{"budget": budget, "level": level, "rungs": tuple(rungs)},
        **{"slots_simulate": 2, "slots_train": 1, "slots_infer": 1, "buffer": 1, "shortlist": 9},
        **{"first_training_after": 4, "retrain_after": 4, "during_update": "continue"},
        **{"warm_start": True, "merge": "progressive", "members": 2, "space_size": 100},
        **{"chunk_size": 50, "attempts": 2, "failure_limit": 10},
    )


def add_models(
    ledger: Ledger, generation: int, errors: Sequence[Sequence[float | None]], labels: int = 8
) -> None:
    """Note an update of groups of one member, each with its held-out error of every output."""
    with ledger.transaction() as connection:
        for group, found in enumerate(errors):
            task_id = f"train/{generation}/{group}/1"
            _add_task(ledger, task_id, "train", {"generation": generation, "group": group})
            member = {"member": group, "epochs": 5, "stopped": "epochs", "validation_mae": found}
            connection.execute(
                "INSERT INTO model (task_id, generation, surrogate, members, labels,"
                " validation_mae, calibration, device, file, sha256)"
                " VALUES (?, ?, 'graphs', ?, ?, ?, '[]', 'cpu', 'models/a', '0')",
                (task_id, generation, json.dumps([member]), labels, json.dumps(found)),
            )


def add_known(ledger: Ledger, output: Output, values: Sequence[float]) -> None:
    """Note labels that the campaign began with."""
    with ledger.transaction() as connection:
        connection.executemany(
            "INSERT INTO known_label (smiles, level, property, value, unit) VALUES (?, ?, ?, ?, ?)",
            [
                ("C" * (place + 1), output.level, output.name, value, output.unit)
                for place, value in enumerate(values)
            ],
        )


def _add(ledger: Ledger, number: int, made: Made, units: Mapping[str, str]) -> None:
    place = f"{made.molecule}/{made.level}"
    command = {"molecule": made.molecule, "level": made.level, "attempt": 1}
    _add_task(ledger, f"simulate/{place}/1", "simulate", command)
    chosen_by = 0 if made.expected is None or made.by_chance else 1
    execute = ledger.connection.execute
    execute(
        "INSERT INTO result (number, molecule, level, task_id, smiles, engine, generation, record)"
        " VALUES (?, ?, ?, ?, ?, 'made', ?, ?)",
        (
            *(number, made.molecule, made.level, f"simulate/{place}/1", made.smiles, chosen_by),
            f"records/{made.level}/{made.molecule}.json.gz",
        ),
    )
    for name, value in made.values.items():
        execute(
            "INSERT INTO label (number, molecule, level, property, value, unit)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (number, made.molecule, made.level, name, value, units[name]),
        )
    if made.expected is not None:
        execute(
            "INSERT OR REPLACE INTO choice (molecule, by_chance, generation, means, spreads, score)"
            " VALUES (?, ?, 1, ?, ?, 1.5)",
            (
                *(made.molecule, made.by_chance),
                json.dumps([float(mean) for mean in made.expected]),
                json.dumps([0.25] * len(made.expected)),
            ),
        )


def _add_task(ledger: Ledger, task_id: str, topic: str, command: Mapping[str, object]) -> None:
    ledger.connection.execute(
        "INSERT INTO task (task_id, topic, command, state, status, created_at, dispatched_at,"
        " started_at, ended_at, reported_at, settled_at, starts, worker, publishes, cpu_s)"
        " VALUES (?, ?, ?, 'settled', 'ok', 1, 2, 3, 4, 5, 6, 1, 'made', 1, 0.5)",
        (task_id, topic, json.dumps(command)),
    )
