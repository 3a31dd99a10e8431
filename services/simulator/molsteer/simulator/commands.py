"""`molsteer simulate`: one molecule, here and now, without any server."""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

import click

from molsteer.shared.commands.offering import offer_plugins
from molsteer.shared.commands.suggesting import Choice
from molsteer.shared.errors import TaskError, UserError
from molsteer.shared.plugins import find_plugin
from molsteer.shared.specs import SimulationSpec

if TYPE_CHECKING:
    from molsteer.simulator.port import Ionization
    from molsteer.simulator.species import Species

_DEFAULT = SimulationSpec()


def _check_finite(_context: click.Context, _option: click.Parameter, number: float) -> float:
    if not math.isfinite(number):
        raise click.BadParameter("write a finite number.")
    return number


@click.command(short_help="Compute the ionization potentials of one molecule.")
@click.argument("smiles")
@click.option(
    "--spec",
    "level",
    metavar="LEVEL",
    default=_DEFAULT.level,
    show_default=True,
    help="Level of theory: xtb is GFN2-xTB, packages may offer others.",
    shell_complete=offer_plugins("level of theory"),
)
@click.option(
    "--engine",
    type=Choice(["auto", "tblite", "xtb-python", "qcengine"]),
    default=_DEFAULT.engine,
    show_default=True,
    help="Program that computes it; auto takes the fastest that is installed, qcengine is the "
    "slower reference.",
)
@click.option(
    "--accuracy",
    type=click.FloatRange(min=0, min_open=True),
    callback=_check_finite,
    default=_DEFAULT.accuracy,
    show_default=True,
    help="Numerical accuracy of the density, dimensionless; smaller is tighter.",
)
@click.option(
    "--max-steps",
    type=click.IntRange(min=1),
    default=_DEFAULT.max_steps,
    show_default=True,
    help="Steps that each of the two relaxations may take.",
)
@click.option(
    "--time-limit",
    "time_limit_s",
    type=click.FloatRange(min=0, min_open=True),
    callback=_check_finite,
    default=3600.0,
    show_default=True,
    help="Seconds of wall-clock time after which to give up.",
)
@click.option(
    "--records",
    "records_path",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="File for the QCSchema records of neutral, vertical and cation, as JSON.",
)
def simulate(
    smiles: str,
    level: str,
    engine: Literal["auto", "tblite", "xtb-python", "qcengine"],
    accuracy: float,
    max_steps: int,
    time_limit_s: float,
    records_path: Path | None,
) -> None:
    """Compute the ionization potentials of the molecule SMILES and print them as JSON.

    The adiabatic potential (eV) is the energy of the relaxed cation minus that of the relaxed
    neutral, the vertical one that of the cation at the neutral's geometry. Exit status: 0 computed,
    1 the computation failed, 2 the input cannot be used.

    \b
    Examples:
      molsteer simulate "CCO"
      molsteer simulate "C1=CC=CC=C1" --spec xtb --records benzene.json
    """
    if records_path is not None and not records_path.parent.is_dir():
        raise _unwritable(records_path, "its folder does not exist")
    find_plugin("level of theory", level)  # tells what there is, whatever the name
    spec = SimulationSpec(level=level, engine=engine, accuracy=accuracy, max_steps=max_steps)
    started_s = time.process_time()
    try:
        species, found = _compute(smiles, spec, time_limit_s)
    except UserError:
        raise
    except TaskError as error:
        click.echo(f"molsteer: {error}", err=True)
        sys.exit(1)
    if records_path is not None:
        _write(records_path, found)
    answer = {
        "smiles": smiles,
        "canonical_smiles": species.smiles,
        "inchikey": species.inchikey,
        "adiabatic_eV": found.adiabatic_eV,
        "vertical_eV": found.vertical_eV,
        "steps": found.steps,
        "engine": found.engine,
        "cpu_s": time.process_time() - started_s,
    }
    click.echo(json.dumps(answer, indent=2))


def _compute(smiles: str, spec: SimulationSpec, time_limit_s: float) -> tuple[Species, Ionization]:
    from molsteer.simulator.app import simulator_at

    compute = simulator_at(spec.level)
    from molsteer.simulator.species import read_species  # once threads are held to one

    species = read_species(smiles)
    with TemporaryDirectory(prefix="molsteer-simulate-") as scratch:
        return species, compute(smiles, spec, Path(scratch), time_limit_s)


def _write(path: Path, found: Ionization) -> None:
    try:
        path.write_text(json.dumps(found.records, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from None


def _unwritable(path: Path, reason: str) -> UserError:
    return UserError(f"The records cannot be written to {path}: {reason}. Name another file.")
