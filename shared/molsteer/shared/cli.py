"""The one command, `molsteer`; installed services add the subcommands."""

from __future__ import annotations

import ast
import errno
import sys
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from molsteer.shared.commands.suggesting import Commands
from molsteer.shared.errors import UserError

_GROUP = "molsteer.commands"

_MENDABLE = {errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EROFS, errno.ENOSPC, errno.EDQUOT}
"""What a file system refuses although the program is right."""


class InstalledCommands(Commands):
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

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """List the subcommands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_summaries().items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Complete the name of a subcommand without importing any."""
        names = [
            CompletionItem(name, help=summary)
            for name, summary in _summaries().items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]


def _summaries() -> dict[str, str]:
    """Tell what each installed subcommand does."""
    points = {point.name: point for point in entry_points(group=_GROUP)}
    return {name: _summary(points[name]) for name in sorted(points)}


def _summary(point: EntryPoint) -> str:
    """Read the first line of a command's docstring in its source."""
    module = find_spec(point.module)
    if module is None or module.origin is None:
        return ""
    tree = ast.parse(Path(module.origin).read_text(encoding="utf-8"))
    texts = [
        ast.get_docstring(node) or ""
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == point.attr
    ]
    return "".join(texts).partition("\n")[0]


@click.command(cls=InstalledCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="molsteer-shared", message="molsteer %(version)s")
def molsteer() -> None:
    """Search millions of molecules with simulations that a learning ensemble steers.

    Start with: molsteer run examples/quickstart.toml
    """


def main() -> None:
    """Run the command; a mistake of the user's ends with one message and exit status 2."""
    try:
        # Click gives the status of `--help` and the like back instead of leaving.
        sys.exit(molsteer.main(prog_name="molsteer", standalone_mode=False))
    except UserError as error:
        click.echo(f"molsteer: {error}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        click.echo("molsteer: interrupted.", err=True)
        sys.exit(130)
    except OSError as error:
        if error.errno not in _MENDABLE:
            raise
        refused = f"{error.filename or 'A file'} cannot be used: {error.strerror}"
        click.echo(f"molsteer: {refused}. Check permissions and free space.", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
