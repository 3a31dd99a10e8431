"""Writes docs/commands.md from the commands as the program has them."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import is_dataclass
from inspect import cleandoc
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

import click
from pydantic import BaseModel

from molsteer.shared.bus.dead_letters import DeadLetter
from molsteer.shared.cli.main import molsteer
from molsteer.shared.doctor.check import Finding
from molsteer.shared.wire.catalogue import PROPERTIES
from molsteer.steering.cli.flags.command_line import is_of_the_seeds
from molsteer.steering.cli.flags.settings import flag_name, settings_fields
from molsteer.steering.forecast.compare import Forecast
from molsteer.steering.records.dead_tasks import DeadTask
from molsteer.steering.records.findings import Findings
from molsteer.steering.records.latency import Latencies
from molsteer.steering.records.overview import Summary
from molsteer.steering.records.progress import Progress
from molsteer.steering.records.traces.paths import TaskPath
from molsteer.steering.records.watching.now import Now
from molsteer.steering.sites.deployment.overview import Overview
from molsteer.steering.space.manifest import Manifest
from molsteer.steering.verification.verify import Verdict

COMMANDS = Path(__file__).parents[1] / "docs" / "commands.md"

_INTRODUCTION = """\
# Commands

<!-- Written by `make docs` from the commands; change those instead. -->

`molsteer --help` lists the commands; each has a `--help` of its own. Results go to standard output,
progress and messages to standard error. Control characters in what others wrote, such as names of
files, are shown as JSON writes them (`\\u001b`). Each command ends with status 0 if all is well, 1
if what it looked at or ran is not, 2 if it cannot do what was asked, and 130 after Ctrl-C
([details](exit-statuses.md)).

`--quiet` leaves results and errors, `--verbose` adds the debug log as JSON lines on standard error;
the last one given counts. Colours are for terminals alone, and not for those where the variable
`NO_COLOR` is set. `--json` prints one JSON document, with the fields that the tables below list:
`[]` stands for each element of a list, `.NAME` for each name of an object; times at which something
happened are seconds of the Unix epoch.

The shell completes commands, options and values once it has read the script of
[`molsteer completion`](#molsteer-completion).
"""

_WITH_SETTINGS = {
    "run": "\nEvery setting is an option as well, see the [configuration](configuration.md); so is "
    "every\noption of [molecular-design](from-molecular-design.md).\n",
    "continue": "\nEvery setting that may be changed is an option as well, see "
    "[control](control.md#going-on).\n",
}


def command_reference() -> str:
    """Write the reference of all commands as Markdown."""
    return "".join([_INTRODUCTION, *(_section(name, leaf) for name, leaf in leaves(molsteer))])


def leaves(
    command: click.Command, name: str = "molsteer", above: click.Context | None = None
) -> Iterator[tuple[str, click.Command]]:
    """Go through all commands that have none below them, with their full names."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command, info_name=name, parent=above)
    for below in command.list_commands(context):
        if found := command.get_command(context, below):
            yield from leaves(found, f"{name} {below}", context)


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name, **molsteer.context_settings)
    usage = " ".join(command.collect_usage_pieces(context))
    parts = [f"\n## {name}\n\n```\n{name} {usage}\n```\n", *_text(command.help or "")]
    if rows := [_row(*record) for record in _records(command, context)]:
        parts += ["\n| option | meaning |\n|---|---|\n", *rows]
    parts += [_WITH_SETTINGS.get(command.name or "", "")]
    for call, fields in json_outputs().items():
        if call == name or call.startswith(f"{name} --"):
            parts.append(f"\n`{call}` prints:\n\n| field | meaning |\n|---|---|\n")
            parts += [_row(path, meaning) for path, meaning in fields.items()]
    return "".join(parts)


def _text(text: str) -> Iterator[str]:
    for paragraph in cleandoc(text).split("\n\n"):
        first, _, rest = paragraph.partition("\n")
        if first == "\b":
            examples = cleandoc(rest.partition("\n")[2])
            yield f"\n```sh\n{examples}\n```\n"
        else:
            yield f"\n{paragraph}\n"


def _records(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    settings = {flag_name(section, key) for section, key, _ in settings_fields()}
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Argument) or "--help" in parameter.opts:
            continue
        elsewhere = not settings.isdisjoint(parameter.opts) or is_of_the_seeds(parameter)
        record = parameter.get_help_record(context)
        if record and not (elsewhere and command.name in _WITH_SETTINGS):
            yield record


def _row(name: str, meaning: str) -> str:
    return f"| {_cell(f'`{name}`')} | {_cell(meaning)} |\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("None", "null").replace("|", "\\|")


def json_outputs() -> dict[str, Mapping[str, str]]:
    """Give the meaning of every field, by its path and by how the command is called."""
    letters = {f"unreadable_messages[].{name}": text for name, text in _fields(DeadLetter)}
    tasks = {f"tasks[].{name}": text for name, text in _fields(DeadTask)}
    examined = {f"[].{name}": text for name, text in _fields(Finding)}
    return {
        "molsteer dead list --json": {
            "tasks": "The dead tasks.",
            **tasks,
            "unreadable_messages": "Messages that were put aside; null if the server is silent.",
            **letters,
        },
        "molsteer dead show --json": dict(_fields(DeadTask)),
        "molsteer doctor --json": {"[].check": "Name of the check.", **examined},
        "molsteer export --json": {
            "folder": "Where the export is.",
            "rows": "How many rows each file has.",
        },
        "molsteer list --json": {f"[].{name}": text for name, text in _fields(Summary)},
        "molsteer notify --json": {
            "sent": "By the name of each way to tell somebody, why it failed; null if it did not."
        },
        "molsteer plan --json": {f"[].{name}": text for name, text in _fields(Forecast)},
        "molsteer report --json": dict(_fields(Findings)),
        "molsteer report --latency --json": dict(_fields(Latencies)),
        "molsteer simulate": {
            "smiles": "The molecule as it was given.",
            "canonical_smiles": "The same in its canonical form.",
            "name": "What stood beside it in its file, if there was anything.",
            "inchikey": "Its standard InChIKey, which tautomers share.",
            "charge": "Its charge in elementary charges.",
            "multiplicity": "Of its spin, if the level tells.",
            "cation_multiplicity": "Likewise of its cation, and `anion_multiplicity` of its anion.",
            **{f"{name}_{known.unit}": known.description for name, known in PROPERTIES.items()},
            "steps": "Steps of the relaxations of `neutral`, `cation` and `anion`.",
            "engine": "Program that computed it.",
            "cpu_s": "Processor time it took.",
            "error.code": "Instead of the results: the kind of failure.",
            "error.message": "What happened and what to do about it.",
        },
        "molsteer site status --json": dict(_fields(Overview)),
        "molsteer space build --json": dict(_fields(Manifest)),
        "molsteer space features --json": dict(_fields(Manifest)),
        "molsteer space info --json": dict(_fields(Manifest)),
        "molsteer status --json": dict(_fields(Progress))
        | {path: text for path, text in _fields(Now) if not path.startswith("progress")},
        "molsteer trace --json": {f"[].{name}": text for name, text in _fields(TaskPath)},
        "molsteer verify --json": dict(_fields(Verdict)),
        "molsteer version --json": {".NAME": "Version of the package NAME, or of Python."},
    }


def _fields(model: type, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Go through what a model holds, and what that holds, with the meanings of the docstrings."""
    meanings = _meanings(model)
    for name, hint in get_type_hints(model).items():
        if name in meanings:
            yield f"{prefix}{name}", meanings[name]
            for step, below in _models(hint):
                yield from _fields(below, f"{prefix}{name}{step}.")


_ATTRIBUTES = r"^    (\w+(?:, \w+)*): ((?:.+\n?)(?:     +.+\n?)*)"


def _meanings(model: type) -> dict[str, str]:
    meanings: dict[str, str] = {}
    for base in reversed(model.__mro__):
        _, _, attributes = cleandoc(base.__doc__ or "").partition("Attributes:\n")
        explained = re.findall(_ATTRIBUTES, attributes, re.M)
        meanings |= {
            name: " ".join(text.split()) for names, text in explained for name in names.split(", ")
        }
    return meanings


def _models(hint: object) -> Iterator[tuple[str, type]]:
    """Find the models inside a type, with the step that leads to them."""
    if isinstance(hint, type) and (is_dataclass(hint) or issubclass(hint, BaseModel)):
        yield "", hint
    origin, step = get_origin(hint), ""
    if isinstance(origin, type) and issubclass(origin, Collection):
        step = ".NAME" if issubclass(origin, Mapping) else "[]"
    for part in get_args(hint):
        for further, model in _models(part):
            yield f"{step}{further}", model


if __name__ == "__main__":
    COMMANDS.write_text(command_reference(), encoding="utf-8")
    sys.stdout.write(f"{COMMANDS}\n")
