"""The folder of a campaign: who may write it, and what describes the campaign it holds."""

from __future__ import annotations

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

from molsteer.shared.errors import SettingsError, UserError
from molsteer.shared.host.cores import usable_cores
from molsteer.shared.host.files.whole_files import write_whole
from molsteer.shared.host.versions import installed_versions
from molsteer.shared.settings.sections import SERVER_SETTINGS
from molsteer.shared.settings.server_url import without_password
from molsteer.shared.wording import sentences
from molsteer.steering.errors import (
    NoCampaign,
    OtherCampaign,
    RunDirectoryInUse,
    UnusableRunDirectory,
)
from molsteer.steering.ledger.additions import grown
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.steering_lock import LOCK, is_held, lock, note_start
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.notify import SECRET
from molsteer.steering.space.errors import SpaceError
from molsteer.steering.space.search_space import SearchSpace

_KEPT = {"campaign.training_set"}
"""What the ledger holds itself, so that a campaign that goes on need not be given it again."""

SETTINGS = "settings.json"


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
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise UnusableRunDirectory(folder, error.strerror or str(error)) from None
    try:
        try:
            lock(descriptor)
        except BlockingIOError:
            holder = os.read(descriptor, 200).decode(errors="replace")
            raise RunDirectoryInUse(folder, holder) from None
        except OSError as error:
            reason = f"its file system does not lock files ({error.strerror})"
            cure = "Choose a file system with locks, as a local disk or NFS with its lock service"
            raise UnusableRunDirectory(folder, reason, cure) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()} on {socket.gethostname()}".encode())
        note_start(folder)
        yield before
    finally:
        os.close(descriptor)


def check_free(folder: Path) -> None:
    """Make sure that nobody steers the campaign of a run directory now.

    Raises:
        RunDirectoryInUse: If a process does.
    """
    if is_held(folder):
        raise RunDirectoryInUse(folder, (folder / LOCK).read_text(errors="replace"))


def place_of(folder: Path) -> str:
    """Name a run directory that is held: no other one on any machine has the same name now."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    status = (folder / LOCK).stat()
    return f"{boot}:{status.st_dev}:{status.st_ino}"


def public_settings(folder: Path) -> CampaignSettings:
    """Read the settings that a run directory describes; they hold no secret.

    What was changed with `molsteer set` is not in them.

    Raises:
        NoCampaign: If they are not there.
        SettingsError: If they cannot be read.
    """
    try:
        # Names of files may hold bytes that are no text, which pydantic does not read from JSON.
        return CampaignSettings.model_validate(json.loads((folder / SETTINGS).read_bytes()))
    except FileNotFoundError:
        raise NoCampaign(folder) from None
    except ValidationError as error:
        source = f"{folder / SETTINGS} and the environment"
        raise SettingsError(source, sentences(error)) from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(str(folder / SETTINGS), [f"It is not JSON: {error}."]) from None


def space_of(folder: Path, ledger: Ledger) -> SearchSpace | None:
    """Find the search space as it is now: in the run directory, or where the settings name it.

    None where it is not at hand, or the campaign has none yet.
    """
    identity = ledger.fact("identity")
    if not isinstance(identity, dict):
        return None
    addition = grown(ledger)
    digest = addition.sha256 if addition else identity.get("campaign.space")
    for place in _spaces(folder):
        try:
            space = SearchSpace.open(place)
        except SpaceError:
            continue
        if space.digest == digest:
            return space
    return None


def _spaces(folder: Path) -> Iterator[Path]:
    yield from sorted((folder / "space").glob("*"))
    try:
        yield from public_settings(folder).campaign.space
    except UserError:  # it was not described, or not by this version
        return


def describe(folder: Path, settings: CampaignSettings) -> None:
    """Write the resolved settings, the versions and facts about the host, never a secret.

    Paths are absolute, so that the campaign can go on from anywhere. The folder for the logs is
    made beside them.
    """
    (folder / "logs").mkdir(exist_ok=True)
    public = settings.model_dump()
    if settings.workers.server == "embedded":
        for name in (*SERVER_SETTINGS, "keys_file"):
            public["queue"].pop(name)
    else:
        public["queue"]["redis_url"] = without_password(settings.queue.redis_url)
    for name in SECRET:
        public["notify"].pop(name)
    _write_json(folder / SETTINGS, public)
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
    wanted = {name: known[name] for name in _KEPT & known.keys()} | wanted
    names = sorted(
        name for name in known | wanted if wanted.get(name) not in (known.get(name), now.get(name))
    )
    if names:
        raise OtherCampaign(
            folder,
            [f"{name} is {now.get(name)!r} there, {wanted.get(name)!r} here" for name in names],
        )
    return str(ledger.fact("campaign"))


def _write_json(path: Path, content: object) -> None:
    text = json.dumps(content, indent=2, default=_as_text)
    write_whole(path, f"{text}\n".encode())


def _as_text(value: object) -> str:
    return str(value.absolute()) if isinstance(value, Path) else str(value)
