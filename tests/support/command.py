"""The `molsteer` command, as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MOLSTEER = (sys.executable, "-m", "molsteer.shared.cli")


def molsteer(
    *arguments: str | Path, timeout_s: float = 600.0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*MOLSTEER, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env=os.environ | environment,
        check=False,
    )


def molsteer_in_background(
    *arguments: str | Path, output: Path, **environment: str
) -> subprocess.Popen[bytes]:
    """Start the command; what it prints goes into a file."""
    with output.open("ab") as file:
        return subprocess.Popen(
            [*MOLSTEER, *map(str, arguments)],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=os.environ | environment,
        )
