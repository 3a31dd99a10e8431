"""`molsteer simulate`: molecules, here and now, without any server."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import click

from molsteer.shared.cli.offering import offer_plugins
from molsteer.shared.cli.saying import say
from molsteer.shared.cli.suggesting import Choice
from molsteer.shared.errors import UserError
from molsteer.shared.host.cores import usable_cores
from molsteer.shared.plugins import find_plugin
from molsteer.shared.wire.levels import BY_PROGRAM
from molsteer.shared.wire.specs import Multiplicity, SimulationSpec
from molsteer.simulator.cli.programs import check_programs, program_options
from molsteer.simulator.cli.wanting import offer_properties, offer_solvents

if TYPE_CHECKING:
    from molsteer.simulator.cli.answers import Format
    from molsteer.simulator.cli.crew import Crew
    from molsteer.simulator.cli.inputs import Given
    from molsteer.simulator.cli.orders import Computed

_DEFAULT = SimulationSpec()


def _check_finite(_context: click.Context, _option: click.Parameter, number: float) -> float:
    if not math.isfinite(number):
        raise click.BadParameter("write a finite number.")
    return number


def _read_multiplicity(
    _context: click.Context, _option: click.Parameter, text: str
) -> Multiplicity:
    words: dict[str, Multiplicity] = {"rule": "rule", "lowest": "lowest"}
    if text in words:
        return words[text]
    if text.isdecimal() and 1 <= int(text) <= 100:
        return int(text)
    raise click.BadParameter("write rule, lowest, or a number from 1.")


@click.command(short_help="Compute ionization potentials and other properties of molecules.")
@click.argument("molecules", nargs=-1, required=True, metavar="MOLECULE...")
@click.option(
    "--spec",
    "--method",
    "method",
    metavar="METHOD",
    default=_DEFAULT.method,
    show_default=True,
    help="Level of theory: xtb is GFN2-xTB, xtb-vertical the same without a relaxation, qcengine "
    "another --program; docs/levels.md has all, and packages may offer more.",
    shell_complete=offer_plugins("level of theory"),
)
@click.option(
    "--property",
    "properties",
    metavar="NAME",
    multiple=True,
    help="What to compute, as homo_lumo_gap; may be given several times. all is everything that "
    "the level gives. If not given, the ionization potentials.",
    shell_complete=offer_properties,
)
@click.option(
    "--solvent",
    metavar="NAME",
    help="What surrounds the molecules, as water, by the model ALPB; vacuum if not given.",
    shell_complete=offer_solvents,
)
@click.option(
    "--engine",
    type=Choice(["auto", "tblite", "xtb-python", "qcengine"]),
    default=_DEFAULT.engine,
    show_default=True,
    help="Program that computes it; auto takes the fastest that is installed, qcengine is the "
    "slower reference.",
)
@program_options
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
    help="Steps that each relaxation may take.",
)
@click.option(
    "--multiplicity",
    metavar="rule|lowest|WHOLE",
    callback=_read_multiplicity,
    default="rule",
    show_default=True,
    help="Spin of the molecules: by the rule of docs/concepts.md, as low as the electrons allow, "
    "or this multiplicity.",
)
@click.option(
    "--cation-multiplicity",
    type=click.IntRange(min=1, max=100),
    help="Spin of the cations; usually one unpaired electron less, or one if there was none.",
)
@click.option(
    "--time-limit",
    "time_limit_s",
    type=click.FloatRange(min=0, min_open=True),
    callback=_check_finite,
    default=3600.0,
    show_default=True,
    help="Seconds of wall-clock time after which to give a molecule up.",
)
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=usable_cores,
    help="Molecules computed at the same time; one for each usable core if not given.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    help="How to write: a JSON object in each line, or a table. If not given, as the suffix of the "
    "output file says; otherwise objects in lines, and one molecule in a form easy to read.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write to instead of standard output.",
)
@click.option(
    "--records",
    "records_path",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="File for the QCSchema records of all that is computed, as JSON; for one molecule.",
)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def simulate(
    molecules: tuple[str, ...],
    method: str,
    properties: tuple[str, ...],
    solvent: str | None,
    engine: Literal["auto", "tblite", "xtb-python", "qcengine"],
    accuracy: float,
    max_steps: int,
    multiplicity: Multiplicity,
    cation_multiplicity: int | None,
    time_limit_s: float,
    processes: int,
    form: Literal["jsonl", "csv"] | None,
    output: Path | None,
    records_path: Path | None,
    quiet: bool,
    **of_program: Any,
) -> None:
    """Compute ionization potentials and other properties of molecules.

    A MOLECULE is a SMILES, or a file of them: .smi and .txt have one in each line, perhaps with a
    name behind it, .csv has a column smiles; - is standard input, with one in each line. Those of
    many molecules are written as they are done.

    The adiabatic potential (eV) is the energy of the relaxed cation minus that of the relaxed
    neutral, the vertical one that of the cation at the neutral's geometry. Both are plain
    differences of GFN2-xTB energies, about 4.8 eV above experiments. The shifted one is the
    vertical one less the empirical 4.8455 eV that xtb's own --vip subtracts. The other properties
    of xtb (eV) are adiabatic_electron_affinity, vertical_electron_affinity, homo_lumo_gap,
    atomization_energy and, in a solvent, solvation_energy. What comes along at no cost is written
    as well. A table has the columns of the first molecule that is computed.

    Exit status: 0 all are computed, 1 some are not, 2 the input cannot be used.

    \b
    Examples:
      molsteer simulate "CCO"
      molsteer simulate "C1=CC=CC=C1" --spec xtb --records benzene.json
      molsteer simulate "CCO" --property solvation_energy --solvent water
      molsteer simulate "O" --spec qcengine --program nwchem --model b3lyp --basis "6-31g*"
      molsteer simulate molecules.smi -o potentials.csv
    """
    from molsteer.simulator.cli.crew import Crew
    from molsteer.simulator.cli.inputs import read_given
    from molsteer.simulator.cli.wanting import wanted_of

    find_plugin("level of theory", method)  # tells what there is, whatever the name
    check_programs(method, of_program, of_program=method in BY_PROGRAM)
    wanted = wanted_of(method, properties, solvent)
    given = read_given(molecules)
    if records_path is not None and len(given) > 1:
        raise click.UsageError("--records is for one molecule. Give one, or leave it out.")
    for path in filter(None, (output, records_path)):
        if not path.parent.is_dir():
            raise _unwritable(path, "its folder does not exist")
    spec = SimulationSpec(
        method=method,
        solvent=solvent,
        engine=engine,
        accuracy=accuracy,
        max_steps=max_steps,
        multiplicity=multiplicity,
        cation_multiplicity=cation_multiplicity,
        **of_program,
    )
    chosen = form or _form_of(output)
    if len(given) == 1:
        found = _compute_one(Crew(spec, wanted, time_limit_s, 1), given[0])
        _write_one(given[0], found, chosen or "json", output, records_path)
    else:
        crew = Crew(spec, wanted, time_limit_s, processes)
        sys.exit(_compute_many(crew, given, chosen or "jsonl", output, quiet=quiet))


def _form_of(output: Path | None) -> Literal["jsonl", "csv"] | None:
    match output and output.suffix.lower():
        case ".csv":
            return "csv"
        case ".jsonl":
            return "jsonl"
    return None


def _compute_one(crew: Crew, given: Given) -> Computed:
    from molsteer.shared.host.interrupts import tidy_up_on_terminate
    from molsteer.simulator.cli.orders import Computed

    tidy_up_on_terminate()
    with closing(crew.compute([given])) as answers:
        _, answer = next(answers)
    if isinstance(answer, Computed):
        return answer
    if answer.mendable:
        raise UserError(answer.error.message)
    say(f"molsteer: {answer.error.message}", err=True)
    sys.exit(1)


def _write_one(
    given: Given, found: Computed, form: Format, output: Path | None, records_path: Path | None
) -> None:
    from molsteer.simulator.cli.answers import writer

    if records_path is not None:
        with _opened(records_path) as file:
            file.write(json.dumps(found.records, indent=2) + "\n")
    with _opened(output) as file, writer(file, form) as write:
        write(given, found)


def _compute_many(
    crew: Crew, given: Sequence[Given], form: Format, output: Path | None, *, quiet: bool
) -> int:
    from molsteer.simulator.cli.answers import writer
    from molsteer.simulator.cli.batch import compute_all

    with _opened(output) as file, writer(file, form) as write:
        tally = compute_all(crew, given, write, quiet=quiet)
    return 1 if tally.failed else 0


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[str]]:
    if path is None:
        yield sys.stdout
        return
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from None


def _unwritable(path: Path, reason: str) -> UserError:
    return UserError(f"The results cannot be written to {path}: {reason}. Name another file.")
