"""How `molsteer worker` reads its command line."""

from __future__ import annotations

import sys
from typing import Any

import click

from molsteer.shared.cli.options import Verbosity, verbosity
from molsteer.shared.cli.saying import say
from molsteer.shared.cli.suggesting import Choice
from molsteer.shared.wire.topics import TOPICS, Topic


class WorkerCommand(click.Command):
    """Offers settings as flags; asked whether workers live, it loads none of what these need."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the command line: of a worker, or of what looks for workers."""
        if "--alive" in args:
            return alive.make_context(info_name, args, parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Name the parameters with those that stand for settings, and `--help` at last."""
        from molsteer.shared.cli.working.settings import setting_flags

        *own, last = super().get_params(ctx)
        return [*own, *setting_flags(), last]


@click.command()
@click.argument("topic", type=Choice(TOPICS), required=False)
@click.option("--alive", is_flag=True)
@verbosity
def alive(topic: Topic | None, verbosity: Verbosity, *, alive: bool) -> None:  # noqa: ARG001
    """Tell whether the workers of this user on this machine live and get on."""
    from molsteer.shared.worker.alive import workers_here

    signs = [sign for sign in workers_here() if topic in {None, sign.vitals.topic}]
    if verbosity != "quiet":
        for sign in signs:
            say(sign)
        if not signs:
            say(f"No {f'{topic} ' if topic else ''}worker of this user lives on this machine.")
    sys.exit(0 if signs and all(sign.trouble is None for sign in signs) else 1)
