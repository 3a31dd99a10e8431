"""Fetches MOSES (1,936,962 drug-like molecules) and builds it into a search space.

The molecules come from the wheel of `molsets`, the published package of Polykovskiy et al., 2020
(doi:10.3389/fphar.2020.565644, MIT licence); nothing of it is installed.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from zipfile import ZipFile

import click

PACKAGE = "molsets==0.3.1"
WHEEL_SHA256 = "7f4450e3ebecebe79c3a2a55950c93daddee071120daf64a163d03481e811d34"
SPLITS = ("train.csv.gz", "test.csv.gz", "test_scaffolds.csv.gz")


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("data/moses"),
    help="Folder of the search space.",
)
@click.option(
    "--processes", type=click.IntRange(min=1), help="Processes that read molecules; one per core."
)
def fetch_moses(output: Path, processes: int | None) -> None:
    """Fetch MOSES and build it into a search space, unless that was done before."""
    if (output / "space.json").is_file():
        click.echo(f"{output} is there already; remove it to build it again.")
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        sources = _extract(_download(Path(scratch)), Path(scratch))
        molsteer = Path(sys.executable).with_name("molsteer")
        options = ["--processes", str(processes)] if processes else []
        command = [str(molsteer), "space", "build", *map(str, sources), "-o", str(output), *options]
        sys.exit(subprocess.run(command, check=False).returncode)


def _download(folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    wheel_only = ["--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    click.echo(f"Fetching {PACKAGE} (52 MB) from the package index.")
    if subprocess.run([*pip, *wheel_only, PACKAGE], check=False).returncode:
        raise click.ClickException(f"{PACKAGE} cannot be fetched: see pip's message above.")
    (wheel,) = folder.glob("*.whl")
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != WHEEL_SHA256:
        raise click.ClickException(
            f"The wheel of {PACKAGE} has the digest {found}, not {WHEEL_SHA256}: it is not used. "
            f"Check where pip fetches packages from."
        )
    return wheel


def _extract(wheel: Path, folder: Path) -> list[Path]:
    with ZipFile(wheel) as archive:
        members = [archive.extract(f"moses/dataset/data/{split}", folder) for split in SPLITS]
    return [Path(member) for member in members]


if __name__ == "__main__":
    fetch_moses()
