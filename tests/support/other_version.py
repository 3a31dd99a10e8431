"""A molsteer of another version, which speaks another protocol: ours, with a few words changed."""

from __future__ import annotations

import shutil
from importlib.metadata import distribution
from pathlib import Path

from support.worker_process import TESTS

from molsteer.shared.wire import messages

VERSION, PROTOCOL = "99.0.0", 99


def other_version(folder: Path) -> dict[str, str]:
    """Put it into a folder, and give the environment of those who run it."""
    shared = folder / "molsteer" / "shared"
    shutil.copytree(Path(messages.__file__).parents[1], shared)
    text = (shared / "wire" / "messages.py").read_text(encoding="utf-8")
    for ours, theirs in (
        (f"PROTOCOL = {messages.PROTOCOL}", f"PROTOCOL = {PROTOCOL}"),
        (
            f"Literal[{messages.PROTOCOL}] = {messages.PROTOCOL}",
            f"Literal[{PROTOCOL}] = {PROTOCOL}",
        ),
    ):
        assert ours in text
        text = text.replace(ours, theirs)
    (shared / "wire" / "messages.py").write_text(text, encoding="utf-8")
    _install(folder / f"molsteer_shared-{VERSION}.dist-info")
    return {"PYTHONPATH": f"{folder}:{TESTS}"}


def _install(folder: Path) -> None:
    folder.mkdir()
    commands = distribution("molsteer-shared").read_text("entry_points.txt") or ""
    (folder / "entry_points.txt").write_text(commands, encoding="utf-8")
    metadata = f"Metadata-Version: 2.1\nName: molsteer-shared\nVersion: {VERSION}\n"
    (folder / "METADATA").write_text(metadata, encoding="utf-8")
