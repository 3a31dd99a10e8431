"""Failures of steering that the user can mend; leaves of `molsteer.shared.errors.UserError`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from molsteer.shared.errors import UserError


class RunDirectoryInUse(UserError):
    """Another process steers the campaign of this run directory."""

    def __init__(self, folder: Path, holder: str) -> None:
        super().__init__(
            f"The run directory {folder} is in use by process {holder}. Wait for it to end, or "
            f"choose another folder with --run-dir."
        )
        self.folder, self.holder = folder, holder


class OtherCampaign(UserError):
    """The run directory holds a campaign that these settings do not describe."""

    def __init__(self, folder: Path, differences: Sequence[str]) -> None:
        listed = "".join(f"\n  - {difference}" for difference in differences)
        super().__init__(
            f"The run directory {folder} holds another campaign:{listed}\n"
            f"Choose another folder with --run-dir, or restore the settings."
        )
        self.folder, self.differences = folder, tuple(differences)


class UnusableRunDirectory(UserError):
    """A run directory that cannot be made, read or written."""

    def __init__(
        self, folder: Path, reason: str, cure: str = "Check its permissions and free space"
    ) -> None:
        super().__init__(
            f"The run directory {folder} cannot be used: {reason}. {cure}, or choose another "
            f"folder with --run-dir."
        )
        self.folder, self.reason, self.cure = folder, reason, cure


class NoCampaign(UserError):
    """A folder that holds no campaign."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"There is no campaign in {folder}: it has no ledger.sqlite. Give the run directory "
            f"that `molsteer run` printed."
        )
        self.folder = folder


class UnknownLedger(UserError):
    """A ledger written by a version of the program that this one cannot read."""

    def __init__(self, folder: Path, found: int, supported: int) -> None:
        super().__init__(
            f"The ledger in {folder} has version {found}, this molsteer reads version "
            f"{supported}. Use the molsteer version that wrote it."
        )
        self.folder, self.found, self.supported = folder, found, supported


class WorkersKeepDying(UserError):
    """A local worker ends again and again right after its start."""

    def __init__(self, topic: str, starts: int, status: int, log: Path, last_words: str) -> None:
        super().__init__(
            f"The {topic} worker was started {starts} times and ended each time, lastly with "
            f"status {status}. Its last words: {last_words or 'none'}. The whole story is in {log}."
        )
        self.topic, self.starts, self.status = topic, starts, status
        self.log, self.last_words = log, last_words
