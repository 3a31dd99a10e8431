"""Finds the messages that nobody could read on the server of a campaign."""

from __future__ import annotations

from pathlib import Path

from molsteer.shared.bus.dead_letters import DeadLetter, dead_letters
from molsteer.shared.settings.loading import load
from molsteer.shared.settings.worker import WorkerSettings
from molsteer.steering.run_directory import SETTINGS, public_settings


def letters_of(run_dir: Path, config_file: Path | None) -> list[DeadLetter]:
    """List them, newest first; none where the server was embedded, and gone with its campaign.

    Args:
        run_dir: The campaign's folder, which tells everything about the server but secrets.
        config_file: Tells the address in its place; the environment in place of both.

    Raises:
        NoCampaign: If the folder holds none.
        ServiceUnavailable: If the server does not answer or refuses us.
    """
    settings = public_settings(run_dir)
    if settings.workers.server == "embedded":
        return []
    queue = load(WorkerSettings, config_file or run_dir / SETTINGS, {}).queue
    return dead_letters(queue.model_copy(update={"prefix": settings.queue.prefix}))
