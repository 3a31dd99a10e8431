"""`molsteer completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from molsteer.shared.cli.saying import say
from molsteer.shared.cli.suggesting import Choice


@click.command()
@click.argument("shell", type=Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that lets SHELL complete commands, options and their values.

    Load it in the file that your shell reads at its start: for bash and zsh, let ~/.bashrc or
    ~/.zshrc evaluate it as below, for zsh after `compinit`.

    \b
    Examples:
      eval "$(molsteer completion bash)"
      eval "$(molsteer completion zsh)"
      molsteer completion fish > ~/.config/fish/completions/molsteer.fish
    """
    program = click.get_current_context().find_root().command
    script = get_completion_class(shell)
    if script is None:
        raise click.UsageError(f"This version of click writes no script for {shell}. Update it.")
    say(script(program, {}, "molsteer", "_MOLSTEER_COMPLETE").source())
