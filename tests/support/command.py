"""The `molsteer` command, as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

MOLSTEER = (sys.executable, "-m", "molsteer.shared.cli")


def molsteer(
    *arguments: str | Path, timeout_s: float = 120.0, **environment: str
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


def molsteer_in_background(*arguments: str | Path, output: Path) -> subprocess.Popen[bytes]:
    """Start the command; what it prints goes into a file."""
    with output.open("ab") as file:
        return subprocess.Popen(
            [*MOLSTEER, *map(str, arguments)], stdout=file, stderr=subprocess.STDOUT
        )


def wait_until(
    condition: Callable[[], bool], deadline_s: float, what: str, pause_s: float = 0.05
) -> None:
    """Wait for a condition; fail with its name when it does not come about."""
    deadline = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {deadline_s:g} s: {what}.")
        time.sleep(pause_s)
