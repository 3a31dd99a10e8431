"""Options of `molsteer simulate` for what another program computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from pydantic import JsonValue
from pydantic_core import from_json

_CommandT = TypeVar("_CommandT", bound=Callable[..., Any])


def program_options(command: _CommandT) -> _CommandT:
    """Add the options; they are called as the fields of `SimulationSpec`."""
    options = (
        click.option(
            "--program",
            metavar="NAME",
            help="For --spec qcengine: program that QCEngine drives, as nwchem.",
        ),
        click.option(
            "--model",
            metavar="NAME",
            help="For --spec qcengine: method of theory as that program calls it, as b3lyp.",
        ),
        click.option(
            "--basis",
            metavar="NAME",
            help="For --spec qcengine: basis set as that program calls it, as 6-31g*.",
        ),
        click.option(
            "--keyword",
            "keywords",
            metavar="NAME=VALUE",
            multiple=True,
            callback=_read_keywords,
            help="What that program is told besides, as dft__grid=xfine; may be given several "
            "times. The value is JSON, or a text.",
        ),
        click.option(
            "--cores",
            type=click.IntRange(min=1),
            default=1,
            show_default=True,
            help="Cores that one calculation of that program takes.",
        ),
        click.option(
            "--memory",
            "memory_GiB",
            type=click.FloatRange(min=0, min_open=True),
            help="GiB of memory that one calculation of that program may take; its part of the "
            "machine's if not given.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def check_programs(method: str, given: dict[str, Any], *, of_program: bool) -> None:
    """Refuse options of another method.

    Raises:
        UsageError: If there is one.
    """
    own = ("program", "model", "basis") if method != "qcengine" else ()
    others = () if of_program else ("keywords", "memory_GiB")
    for name in (*own, *others):
        if given.get(name):
            option = {"keywords": "--keyword", "memory_GiB": "--memory"}.get(name, f"--{name}")
            raise click.UsageError(
                f"{option} is not for the method {method!r}. Leave it out, or say --spec qcengine."
            )
    if not of_program and given.get("cores", 1) != 1:
        raise click.UsageError(f"The method {method!r} takes one core. Leave --cores out.")


def _read_keywords(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, JsonValue]:
    keywords: dict[str, JsonValue] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE.")
        try:
            keywords[name] = from_json(value)
        except ValueError:
            keywords[name] = value
    return keywords
