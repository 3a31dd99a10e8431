"""Tells Prometheus where a campaign is, by a file that it watches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from molsteer.shared.errors import UnusableFile
from molsteer.steering.run_files import write_file


@contextmanager
def announced(folder: Path | None, campaign: str, address: str) -> Iterator[None]:
    """Keep `CAMPAIGN.json` in a folder while the campaign runs, for `file_sd_configs`.

    Args:
        folder: Where Prometheus looks; None announces nothing.
        campaign: Its name.
        address: `HOST:PORT` at which it answers.

    Raises:
        UnusableFile: If the file cannot be written.
    """
    if folder is None:
        yield
        return
    file = folder / f"{campaign}.json"
    text = json.dumps([{"targets": [address], "labels": {"campaign": campaign}}])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_file(folder, Path(file.name), text.encode())
    except OSError as error:
        reason = f"no target can be announced there ({error.strerror})"
        raise UnusableFile(file, reason, "Choose another metrics.targets_dir.") from None
    try:
        yield
    finally:
        with suppress(OSError):
            file.unlink(missing_ok=True)
