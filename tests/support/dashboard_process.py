"""`molsteer dashboard` as a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.command import MOLSTEER
from support.waiting import eventually


@contextmanager
def dashboard(
    folder: Path, log: Path, *options: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve a folder at a free port; gives the address that was printed."""
    command = [*MOLSTEER, "dashboard", str(folder), "--port", "0", *options]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output) as process:
        try:
            told = eventually(lambda: re.search(r"is at (http\S+)\s", log.read_text()), 120.0)
            yield told[1], process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(240)
