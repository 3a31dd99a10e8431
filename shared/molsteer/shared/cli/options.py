"""Options that several commands offer, with one meaning everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

if TYPE_CHECKING:
    from molsteer.shared.cli.screen.terminal import Terminal

_CommandT = TypeVar("_CommandT", bound=Callable[..., Any])

Verbosity = Literal["quiet", "usual", "verbose"]
"""Results and errors; news as well; or also what is logged, line by line."""

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON; docs/commands.md describes its fields."
)


def verbosity(command: _CommandT) -> _CommandT:
    """Offer `--quiet` and `--verbose`, of which the last counts; the command takes `verbosity`."""
    for letter, name, help_text in (
        ("-v", "verbose", "Show the debug log as well, on standard error."),
        ("-q", "quiet", "Show results and errors only."),
    ):
        click.option(
            *(letter, f"--{name}", "verbosity"), flag_value=name, default="usual", help=help_text
        )(command)
    return command


def console_for_news(verbosity: Verbosity, *, stderr: bool) -> Terminal:
    """Give the place for news: nowhere if quiet, and without moving parts between log lines."""
    from molsteer.shared.cli.screen.terminal import Terminal

    return Terminal(stderr=stderr, quiet=verbosity == "quiet", moving=verbosity != "verbose")
