"""The one command, `molsteer`; installed services add the subcommands."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import NoReturn, cast

import click
from click.shell_completion import CompletionItem

from molsteer.shared.cli.installed import load, offered
from molsteer.shared.cli.saying import say
from molsteer.shared.cli.suggesting import Commands
from molsteer.shared.errors import UserError
from molsteer.shared.foreign_text import is_utf8
from molsteer.shared.host.last_words import last_words

_GROUP = "molsteer.commands"


class InstalledCommands(Commands):
    """Finds subcommands among the installed packages and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the subcommands of all installed services."""
        return sorted(offered(_GROUP))

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Load one subcommand."""
        place = offered(_GROUP).get(cmd_name)
        return None if place is None else cast("click.Command", load(place))

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
    return {name: _summary(place) for name, place in sorted(offered(_GROUP).items())}


def _summary(place: str) -> str:
    """Read the first line of a command's docstring in its source, which is not run."""
    name, _, attribute = place.partition(":")
    module = find_spec(name)
    if module is None or module.origin is None:
        return ""
    _, _, function = Path(module.origin).read_text(encoding="utf-8").partition(f"def {attribute}(")
    return function.partition('"""')[2].partition("\n")[0].removesuffix('"""')


@click.command(cls=InstalledCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="molsteer-shared", message="molsteer %(version)s")
def molsteer() -> None:
    """Search millions of molecules with simulations that a learning ensemble steers.

    Start with: molsteer run examples/quickstart.toml
    """


def main() -> None:
    """Run the command; a mistake of the user's ends with one message and exit status 2."""
    # Pydantic would look for plugins of its own in the files of every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        _check_temporary_folder()
        # Click gives the status of `--help` and the like back instead of leaving.
        sys.exit(molsteer.main(prog_name="molsteer", standalone_mode=False))
    except UserError as error:
        _leave(str(error))
    except click.ClickException as error:
        error.show(text := StringIO())
        say(text.getvalue(), err=True, nl=False)
        sys.exit(2)
    except click.Abort as abort:
        # Click makes one of the end of a file as well, which is nobody's interruption.
        if isinstance(abort.__cause__, EOFError):
            raise abort.__cause__ from None
        if abort.__cause__ and (cause := last_words(abort.__cause__)):
            _leave(cause)
        say("molsteer: interrupted.", err=True)
        sys.exit(130)
    except (OSError, RuntimeError) as error:
        if cause := last_words(error):
            _leave(cause)
        raise


def _check_temporary_folder() -> None:
    if not is_utf8(folder := os.environ.get("TMPDIR", "")):
        raise UserError(
            f"The folder {folder}, which TMPDIR names, cannot be used: its name is not UTF-8 text, "
            f"and chemistry programs do not find it. Let TMPDIR name another one."
        )


def _leave(cause: str) -> NoReturn:
    say(f"molsteer: {cause}", err=True)
    sys.exit(2)
