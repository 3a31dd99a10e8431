"""Groups of commands and choices of values that say what may have been meant."""

from __future__ import annotations

from typing import Any

import click

from molsteer.shared.suggestions import did_you_mean


class Commands(click.Group):
    """A group that names the command which is most like an unknown one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called; one that does not exist ends with a suggestion."""
        given = args[0]
        if not given.startswith("-") and self.get_command(ctx, given) is None:
            names = self.list_commands(ctx)
            hint = did_you_mean(given, names) or f" There are: {', '.join(names)}."
            ctx.fail(f"No such command {given!r}.{hint}")
        return super().resolve_command(ctx, args)


class Choice(click.Choice[str]):
    """One of several values; names the one that is most like another."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Name all values, and the one that may have been meant."""
        message = super().get_invalid_choice_message(value, ctx)
        return f"{message}{did_you_mean(str(value), self.choices)}"
