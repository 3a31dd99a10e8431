"""Draws what people see of a campaign, for the documentation, with a Chromium that is installed.

python scripts/draw_views.py runs/quickstart --folder docs/pictures
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from PIL import Image
from rich.console import Console

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
    """Draw the report of a campaign and its view on a terminal."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as made:
        page = write_page(read_story(run_dir), Path(made) / "report.html")
        _photograph(page, folder / "report.png", (1000, 1600))
        view = Path(made) / "top.svg"
        view.write_text(_terminal(run_dir), encoding="utf-8")
        _photograph(view, folder / "top.png", (1000, 700))


def _terminal(run_dir: Path) -> str:
    console = Console(record=True, width=_COLUMNS, file=StringIO(), force_terminal=True)
    now = RunRecords(run_dir).at_this_moment()
    console.print(screen(now, now.progress.left_s, _COLUMNS))
    drawn = console.export_svg(title=f"molsteer top runs/{now.name}")
    return re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)  # fonts of elsewhere


def _photograph(page: Path, picture: Path, size: tuple[int, int]) -> None:
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise click.ClickException("There is no Chromium here; apt-get install chromium brings it.")
    shot = page.with_suffix(".png")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    where = (f"--window-size={size[0]},{size[1]}", f"--screenshot={shot}", page.as_uri())
    subprocess.run([browser, *options, *where], check=True, capture_output=True)
    Image.open(shot).convert("RGB").quantize(_COLOURS).save(picture, optimize=True)
    sys.stdout.write(f"{picture}\n")


if __name__ == "__main__":
    main()
