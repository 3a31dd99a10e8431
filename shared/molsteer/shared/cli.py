"""The one command, `molsteer`; installed services add the subcommands."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import click

from molsteer.shared.errors import UserError

_GROUP = "molsteer.commands"


class InstalledCommands(click.Group):
    """Finds subcommands among the installed packages and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the subcommands of all installed services."""
        return sorted({point.name for point in entry_points(group=_GROUP)})

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Load one subcommand."""
        for point in entry_points(group=_GROUP, name=cmd_name):
            command: click.Command = point.load()
            return command
        return None


@click.command(cls=InstalledCommands, context_settings={"help_option_names": ["-h", "--help"]})
def molsteer() -> None:
    """Search millions of molecules with simulations that a learning ensemble steers.

    Start with: molsteer run examples/quickstart.toml
    """


def main() -> None:
    """Run the command; a mistake of the user's ends with one message and exit status 2."""
    try:
        molsteer.main(prog_name="molsteer", standalone_mode=False)
    except UserError as error:
        click.echo(f"molsteer: {error}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        click.echo("molsteer: interrupted.", err=True)
        sys.exit(130)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)


if __name__ == "__main__":
    main()
