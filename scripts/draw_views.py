"""Draws what people see of a campaign, for the documentation, with a Chromium that is installed.

python scripts/draw_views.py runs/quickstart --folder docs/pictures
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from PIL import Image
from rich.console import Console

from molsteer.steering.dashboard.access import Access
from molsteer.steering.dashboard.campaigns import Campaigns, key_of
from molsteer.steering.dashboard.web import Dashboard
from molsteer.steering.live.top import screen
from molsteer.steering.records.watching.story import read_story
from molsteer.steering.report.write import write_page
from molsteer.steering.run_records import RunRecords

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_COLUMNS = 80
_COLOURS = 96
"""With so many, a picture looks the same and has a third of its size."""


@click.command()
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.option("--folder", type=click.Path(path_type=Path), default=Path("docs/pictures"))
def main(run_dir: Path, folder: Path) -> None:
    """Draw the report of a campaign, its view on a terminal, and its pages in the dashboard."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as made:
        page = write_page(read_story(run_dir), Path(made) / "report.html")
        _photograph(page.as_uri(), folder / "report.png", (1000, 1600))
        view = Path(made) / "top.svg"
        view.write_text(_terminal(run_dir), encoding="utf-8")
        _photograph(view.as_uri(), folder / "top.png", (1000, 700))
    with _served(run_dir) as address:
        _photograph(address, folder / "web-campaign.png", (1100, 1250))
        _photograph(f"{address}molecules", folder / "web-molecules.png", (420, 900))
        best = RunRecords(run_dir).best(1)[0].molecule
        _photograph(f"{address}molecules/{best}", folder / "web-molecule.png", (1100, 1250))


def _terminal(run_dir: Path) -> str:
    console = Console(record=True, width=_COLUMNS, file=StringIO(), force_terminal=True)
    now = RunRecords(run_dir).at_this_moment()
    console.print(screen(now, now.progress.left_s, _COLUMNS))
    drawn = console.export_svg(title=f"molsteer top runs/{now.name}")
    return re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)  # fonts of elsewhere


@contextmanager
def _served(run_dir: Path) -> Iterator[str]:
    """Serve the dashboard of a campaign; gives the address of its first page."""
    from waitress.server import create_server

    campaigns = Campaigns(run_dir)
    at = socket.create_server(("127.0.0.1", 0))
    server = create_server(Dashboard(campaigns, Access(None, 0)), sockets=[at], threads=16)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{at.getsockname()[1]}/c/{key_of(run_dir)}/"


def _photograph(address: str, picture: Path, size: tuple[int, int]) -> None:
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise click.ClickException("There is no Chromium here; apt-get install chromium brings it.")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    with TemporaryDirectory() as made:
        shot = Path(made) / "shot.png"
        waiting = ("--virtual-time-budget=5000", f"--screenshot={shot}", address)
        window = f"--window-size={size[0]},{size[1]}"
        subprocess.run([browser, *options, window, *waiting], check=True, capture_output=True)
        drawn = Image.open(shot).convert("RGB")
    drawn.quantize(_COLOURS).save(picture, optimize=True)
    sys.stdout.write(f"{picture}\n")


if __name__ == "__main__":
    main()
