"""What steering and workers of a deployment get in with: users, keys, and files of settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from molsteer.shared.bus.roles import write_users
from molsteer.shared.errors import UnusableFile
from molsteer.shared.host.files.private_files import write_private
from molsteer.shared.settings.sections import QueueSettings, Section, StoreSettings
from molsteer.shared.wire.key_file import read_key_ring, write_keys
from molsteer.shared.wire.key_ring import new_key_ring
from molsteer.shared.wire.topics import TOPICS, Topic
from molsteer.steering.sites.deployment.place import Place
from molsteer.steering.sites.deployment.server import SiteServer
from molsteer.steering.sites.profile import SERVICES, Profile

_FILES = (
    "password_file",
    "keys_file",
    "tls_ca_file",
    "tls_certificate_file",
    "tls_key_file",
    "globus_config",
)
"""Settings that name files which workers read."""

Tables = dict[str, dict[str, Any]]
"""Settings by section and key, as flags and files have them."""


def make_secrets(place: Place, profile: Profile) -> None:
    """Write users and keys of a server that is started here; what is there already is kept.

    Raises:
        UnusableFile: If a file cannot be written.
    """
    write_users(place.secrets, profile.queue.prefix)
    keys = place.secrets / "keys.json"
    if not keys.exists():
        write_keys(keys, new_key_ring(TOPICS))
    for topic in TOPICS:
        write_keys(place.secrets / f"{topic}.keys.json", read_key_ring(keys, topic))


def write_worker_files(place: Place, profile: Profile, server: SiteServer | None) -> None:
    """Write what the workers of each topic read; each file appears complete."""
    there = profile.globus_compute.folder
    folder = place.workers if there is None else place.endpoint
    folder.mkdir(mode=0o700, exist_ok=True)
    for topic in profile.topics:
        tables = _tables(place, profile, server, topic)
        if there is not None:
            _gather(tables, place.endpoint, there, topic)
        write_private(folder / f"{topic}.json", json.dumps(tables, indent=2))


def _gather(tables: Tables, folder: Path, there: Path, topic: Topic) -> None:
    """Put copies of the files that settings name beside them, and name those as they will be seen.

    Raises:
        UnusableFile: If a file cannot be read or written.
    """
    for values in tables.values():
        for key, file in [(key, values[key]) for key in _FILES if key in values]:
            name = f"{topic}.{key}"
            write_private(folder / name, _text_of(Path(file)))
            values[key] = str(there / name)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = f"it cannot be read ({getattr(error, 'strerror', None) or 'it is not text'})"
        raise UnusableFile(file, reason, "Correct its name in the profile.") from None


def seen_worker_file(place: Place, profile: Profile, topic: Topic) -> Path:
    """Name the file of settings that the workers of a topic read, as they see it."""
    return (profile.globus_compute.folder or place.workers) / f"{topic}.json"


def steering_settings(place: Place, profile: Profile, server: SiteServer | None) -> Tables:
    """Give the settings of a campaign whose workers are those of the site."""
    tables = _tables(place, profile, server, None)
    tables["workers"] = {"server": "external", "local": False}
    for topic in profile.topics:
        tables[topic] = {"pool": profile.service(topic).pool}
    return tables


def files_of(profile: Profile) -> list[Path]:
    """Name the files and folders beside the deployment's own that workers need."""
    sections = (profile.queue, profile.stores, profile.redis)
    named = [value for section in sections for _, value in section if isinstance(value, Path)]
    return [path.absolute() for path in named if path != profile.redis.key_file]


def _tables(
    place: Place, profile: Profile, server: SiteServer | None, topic: Topic | None
) -> Tables:
    queue, stores = queue_of(place, profile, server, topic), _stores(place, profile.stores)
    return {"queue": _absolute(queue), "stores": _absolute(stores)}


def _absolute(section: Section) -> dict[str, Any]:
    """Write settings for processes that begin in whatever folder."""
    values = section.model_dump(mode="json", exclude_none=True)
    paths = {name: getattr(section, name) for name in values}
    return values | {
        name: str(path.absolute()) for name, path in paths.items() if isinstance(path, Path)
    }


def queue_of(
    place: Place, profile: Profile, server: SiteServer | None, topic: Topic | None
) -> QueueSettings:
    """Say where the server is for the workers of a topic, or for steering."""
    queue, role = profile.queue, SERVICES[topic] if topic else "steering"
    if server is not None:
        return _with_secrets(server.seen_by(role), place.secrets, role, topic)
    if profile.redis.secrets:
        found = _with_secrets(queue, profile.redis.secrets.absolute(), role, topic)
        return found.model_copy(update={"redis_url": _with_user(queue, role)})
    return queue


def _with_secrets(
    queue: QueueSettings, secrets: Path, role: str, topic: Topic | None
) -> QueueSettings:
    keys = secrets / (f"{topic}.keys.json" if topic else "keys.json")
    update: dict[str, Path] = {"password_file": secrets / f"{role}.password"}
    if keys.is_file():
        update["keys_file"] = keys
    return queue.model_copy(update=update)


def _with_user(queue: QueueSettings, role: str) -> str:
    """Name the role's user in the server's address, unless it names one already."""
    parts = urlsplit(queue.redis_url)
    if parts.username or parts.scheme == "unix":
        return queue.redis_url
    return parts._replace(netloc=f"{queue.prefix}-{role}@{parts.netloc}").geturl()


def _stores(place: Place, stores: StoreSettings) -> StoreSettings:
    if stores.directory is not None:
        return stores
    return stores.model_copy(update={"directory": place.objects})
