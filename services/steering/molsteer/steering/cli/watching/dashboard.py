"""`molsteer dashboard`."""

from __future__ import annotations

from pathlib import Path

import click

from molsteer.shared.cli.saying import say

PORT = 8765


@click.command()
@click.argument(
    "folder", metavar="RUN_DIR|FOLDER", type=click.Path(path_type=Path), default=Path("runs")
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=PORT,
    show_default=True,
    help="Port to listen at; 0 takes any that is free.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at. At any but this machine's own, a token is asked for.",
)
@click.option(
    "--token",
    is_flag=True,
    help="Ask for a token on this machine as well, where others are logged in.",
)
def dashboard(folder: Path, *, port: int, host: str, token: bool) -> None:
    """Show the campaigns in FOLDER, or the one in RUN_DIR, in a browser; runs/ if not given.

    It prints the address to open, and serves it until Ctrl-C. Pages renew themselves while a
    campaign runs. Nothing of a campaign is changed.

    \b
    Examples:
      molsteer dashboard
      molsteer dashboard runs/quickstart --port 0
      molsteer dashboard /scratch/campaigns --token
    """
    from molsteer.shared.foreign_text import one_line, shell_word
    from molsteer.steering.dashboard.serving import serve

    def tell(address: str) -> None:
        say(f"The dashboard of {one_line(shell_word(folder))} is at {address}")
        say("Ctrl-C ends it.")

    serve(folder, host, port, with_token=token, tell=tell)
