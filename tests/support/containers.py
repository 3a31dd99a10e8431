"""The images that `make images` builds, and programs that run in them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support.processes import below

IMAGES = Path(__file__).parents[2] / "dist" / "images"

SEALED = ("--userns", "--containall", "--cleanenv", "--no-home")
"""As on a cluster that lets nothing of the host through, without any right that root has."""

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@dataclass(frozen=True)
class Image:
    """An image, or the folder that one was unpacked into.

    Attributes:
        path: The file or the folder.
        through: A command that runs Apptainer.
        options: Of Apptainer, for every program.
    """

    path: Path
    through: tuple[str, ...] = ()
    options: tuple[str, ...] = SEALED

    def with_options(self, *options: str) -> Image:
        """Give more of them to Apptainer."""
        return replace(self, options=(*self.options, *options))

    def bound(self, *folders: Path) -> Image:
        """Let programs see folders of the host, where they are."""
        return self.with_options(*(f"--bind={folder}" for folder in folders))

    def command(self, action: str, *arguments: str | Path, app: str = "") -> list[str | Path]:
        """Say how a program in the image is run."""
        chosen = [f"--app={app}"] if app else []
        return [*self.through, "apptainer", action, *chosen, *self.options, self.path, *arguments]

    def do(
        self, action: str, *arguments: str | Path, app: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in the image to its end."""
        return subprocess.run(
            self.command(action, *arguments, app=app),
            capture_output=True,
            text=True,
            timeout=600,
            cwd=self.path.parent,  # which whoever runs it can reach
            env=environment(variables),
            check=False,
        )

    @contextmanager
    def running(
        self, *arguments: str | Path, app: str, log: Path, **variables: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a service for a while; nothing that it started outlives it."""
        with log.open("wb") as output:
            process = subprocess.Popen(
                self.command("run", *arguments, app=app),
                stdout=output,
                stderr=output,
                env=environment(variables),
            )
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Tell a container to end, and see to it that all of it does."""
    if process.poll() is not None:
        return
    started = below(process.pid)
    process.terminate()
    try:
        process.wait(240)
    except subprocess.TimeoutExpired:
        for each in (*started, process):
            each.kill()


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Hand variables into the container; Apptainer shows them in no list of processes."""
    handed = {f"APPTAINERENV_{name}": value for name, value in variables.items()}
    return os.environ | {"APPTAINER_MESSAGELEVEL": "-1"} | handed


def built(name: str) -> Path:
    """Find an image; where it is missing, skip the test or fail it, if CI is set."""
    path = IMAGES / f"molsteer-{name}.sif"
    if not shutil.which("apptainer"):
        _missing("apptainer is not on the PATH")
    if not path.exists():
        _missing(f"{path} is missing")
    return path


def _missing(sentence: str) -> None:
    reason = f"{sentence}; `make test-sites` brings it."
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def unpacked(image: Path, folder: Path) -> Path:
    """Unpack an image into a folder, as one does where images cannot be mounted."""
    sandbox = folder / image.stem
    subprocess.run(
        ["apptainer", "build", "--sandbox", sandbox, image],
        check=True,
        capture_output=True,
        env=environment({}),
    )
    return sandbox
