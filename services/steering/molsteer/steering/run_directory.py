"""The folder of a campaign: who may write it, and what describes the campaign it holds."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from pydantic import ValidationError

from molsteer.shared.commands.version import installed_versions
from molsteer.shared.cores import usable_cores
from molsteer.shared.errors import SettingsError
from molsteer.shared.settings.loading import sentences
from molsteer.shared.settings.sections import SERVER_SETTINGS
from molsteer.steering.errors import (
    NoCampaign,
    OtherCampaign,
    RunDirectoryInUse,
    UnusableRunDirectory,
)
from molsteer.steering.ledger.ledger import Ledger, unwritable
from molsteer.steering.settings import CampaignSettings

_LOCK = "steering.lock"
_SETTINGS = "settings.json"


@dataclass(frozen=True, slots=True)
class Before:
    """What there was of a run directory before it was used.

    Attributes:
        missing: The folder and those of its parents that were not there, innermost first.
        contents: What was in it.
    """

    folder: Path
    missing: tuple[Path, ...]
    contents: frozenset[Path]

    @classmethod
    def of(cls, folder: Path) -> Before:
        """Look at a run directory, or at where it will be."""
        missing = tuple(place for place in (folder, *folder.parents) if not place.exists())
        return cls(folder, missing, _contents(folder))

    def restore(self) -> None:
        """Remove what has come since; what was there already is left alone."""
        for path in _contents(self.folder) - self.contents:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        for place in self.missing:
            with suppress(OSError):  # somebody else has put something there
                place.rmdir()


def _contents(folder: Path) -> frozenset[Path]:
    return frozenset((*folder.glob("*"), *folder.glob("space/*")))


@contextmanager
def held(folder: Path) -> Iterator[Before]:
    """Be the only steering process of a run directory, which is made if it is missing.

    The lock ends with the process, however that ends.

    Raises:
        RunDirectoryInUse: If another process holds it.
        UnusableRunDirectory: If it cannot be made or written.
    """
    try:
        before = Before.of(folder)
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise UnusableRunDirectory(folder, error.strerror or str(error)) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunDirectoryInUse(folder, os.read(descriptor, 200).decode()) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()} on {socket.gethostname()}".encode())
        yield before
    finally:
        os.close(descriptor)


def is_held(folder: Path) -> bool:
    """Tell whether a steering process holds a run directory now."""
    try:
        with (folder / _LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def public_settings(folder: Path) -> CampaignSettings:
    """Read the settings that a run directory describes; they hold no secret.

    What was changed since steering was last started is not in them.

    Raises:
        NoCampaign: If they are not there.
        SettingsError: If they cannot be read.
    """
    try:
        return CampaignSettings.model_validate_json((folder / _SETTINGS).read_bytes())
    except FileNotFoundError:
        raise NoCampaign(folder) from None
    except ValidationError as error:
        source = f"{folder / _SETTINGS} and the environment"
        raise SettingsError(source, sentences(error)) from None


def describe(folder: Path, settings: CampaignSettings) -> None:
    """Write the resolved settings, the versions and facts about the host, never a secret.

    The folder for the logs is made beside them.
    """
    (folder / "logs").mkdir(exist_ok=True)
    hidden = SERVER_SETTINGS | {"keys_file"}
    public = settings.model_dump(mode="json", exclude={"queue": hidden})
    _write_json(folder / _SETTINGS, public)
    _write_json(folder / "host.json", host_facts())


def host_facts() -> Mapping[str, object]:
    """Name what may matter for comparing runs; an allow-list, not the environment."""
    return {
        "molsteer": installed_versions(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "host": socket.gethostname(),
        "cores": os.cpu_count(),
        "usable_cores": usable_cores(),
    }


def claim(
    folder: Path,
    ledger: Ledger,
    name: str,
    identity: Mapping[str, object],
    changes: Mapping[str, object],
) -> str:
    """Make the ledger that of the described campaign, or check that it is.

    Two campaigns of the same name may share a server, so each gets an id of its own.

    Args:
        folder: The run directory, for the message.
        ledger: Its ledger.
        name: Name of the campaign.
        identity: Everything that decisions depend on, by the name of its setting.
        changes: What was changed since the campaign began; a setting may have either value.

    Returns:
        The campaign's id, the same whenever it goes on.

    Raises:
        OtherCampaign: If the ledger holds a campaign that differs; names each difference.
    """
    known, wanted = ledger.fact("identity"), json.loads(json.dumps(identity))
    if not isinstance(known, dict):
        with ledger.transaction():
            ledger.set_fact("identity", wanted)
            ledger.set_fact("campaign", f"{name[:50]}-{uuid4().hex[:8]}")
        return str(ledger.fact("campaign"))
    now = {**known, **changes}
    names = sorted(
        name for name in known | wanted if wanted.get(name) not in (known.get(name), now.get(name))
    )
    if names:
        raise OtherCampaign(
            folder,
            [f"{name} is {now.get(name)!r} there, {wanted.get(name)!r} here" for name in names],
        )
    return str(ledger.fact("campaign"))


def write_file(folder: Path, name: Path, data: bytes) -> None:
    """Write a file below a run directory; it is there whole or not at all, also after a crash.

    Raises:
        ServiceUnavailable: If the disk has no room or does not work.
    """
    path = folder / name
    unfinished = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(exist_ok=True)
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise unwritable(folder, error) from None


def _write_json(path: Path, content: object) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)
