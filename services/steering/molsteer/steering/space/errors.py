"""What can be wrong with molecules files and with folders that hold a search space."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from molsteer.shared.errors import UserError

REBUILD = "Build it again with: molsteer space build --force"


class SpaceError(UserError):
    """Molecules that cannot be searched; the message says what, where and what to do."""


class UnusableMolecule(SpaceError):
    """A SMILES that gives no molecule to search; `row` counts from zero."""

    def __init__(self, row: int, smiles: str, reason: str) -> None:
        super().__init__(
            f"The SMILES {smiles!r}, number {row + 1} of those given, cannot be used: {reason}. "
            f"Correct or remove it."
        )
        self.row, self.smiles, self.reason = row, smiles, reason


class UnreadableSource(SpaceError):
    """A molecules file that cannot be read."""

    def __init__(self, path: Path, reason: str, cure: str) -> None:
        super().__init__(f"The molecules file {path} cannot be used: {reason}. {cure}")
        self.path, self.reason, self.cure = path, reason, cure


class ReplacedSpace(SpaceError):
    """A folder that holds another search space than the one that was opened."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The search space {folder} was replaced while it was in use. Put the molecules that "
            f"the campaign began with back and go on, or begin another campaign with --run-dir."
        )
        self.folder = folder


class OtherAdmission(SpaceError):
    """A search space that was built otherwise than a setting of the campaign asks for."""

    def __init__(self, folder: Path, problem: str, setting: str, value: str) -> None:
        super().__init__(
            f"The search space {folder} does not fit the setting campaign.{setting}: {problem}. "
            f"Build it again with `molsteer space build --{setting} {value}`, or leave the setting "
            f"out."
        )
        self.folder, self.setting, self.value = folder, setting, value


class NoFeatures(SpaceError):
    """A search space without the features that surrogates of a campaign read."""

    def __init__(self, folder: Path, surrogates: Sequence[str], cure: str) -> None:
        super().__init__(
            f"The search space {folder} has no features, which train.surrogate needs for "
            f"{' and '.join(surrogates)}. {cure}"
        )
        self.folder, self.surrogates, self.cure = folder, surrogates, cure


class DamagedSpace(SpaceError):
    """A folder that holds no search space, or one that cannot be trusted."""

    def __init__(
        self,
        folder: Path,
        reason: str,
        cure: str = REBUILD,
    ) -> None:
        super().__init__(f"The search space {folder} cannot be opened: {reason}. {cure}")
        self.folder, self.reason, self.cure = folder, reason, cure
