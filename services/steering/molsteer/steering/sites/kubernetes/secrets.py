"""Passwords and keys of a cluster: made here, kept here, and handed to the cluster as Secrets."""

from __future__ import annotations

import json
import shutil
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from molsteer.shared.bus.roles import write_users
from molsteer.shared.host.files.private_files import read_private
from molsteer.shared.wire.key_file import read_key_ring, write_keys
from molsteer.shared.wire.key_ring import new_key_ring
from molsteer.shared.wire.topics import TOPICS
from molsteer.steering.sites.profile import SERVICES

PREFIX = "molsteer"
"""Begins every key in the cluster's Redis, and the names of users and Secrets, as in deploy/k8s."""

SECRETS: Mapping[str, Mapping[str, str]] = {
    f"{PREFIX}-redis": {"users.acl": "users.acl"},
    f"{PREFIX}-steering": {"password": "steering.password", "keys.json": "keys.json"},
    **{
        f"{PREFIX}-{service}": {
            "password": f"{service}.password",
            "keys.json": f"{topic}.keys.json",
        }
        for topic, service in SERVICES.items()
    },
}
"""The Secrets that pods mount: their entries, and our files that these are."""


def are_here(folder: Path) -> bool:
    """Tell whether secrets were made here before."""
    return (folder / "users.acl").exists()


def make_secrets(folder: Path) -> None:
    """Write users and keys; what is there already is kept.

    Raises:
        UnusableFile: If a file cannot be written.
    """
    write_users(folder, PREFIX)
    keys = folder / "keys.json"
    if not keys.exists():
        write_keys(keys, new_key_ring(TOPICS))
    for topic in TOPICS:
        write_keys(folder / f"{topic}.keys.json", read_key_ring(keys, topic))


def written(folder: Path, namespace: str) -> str:
    """Write all Secrets as Kubernetes takes them; not for logs or command lines."""
    each = (_secret(folder, name, files, namespace) for name, files in SECRETS.items())
    return "\n".join(map(json.dumps, each))


def _secret(folder: Path, name: str, files: Mapping[str, str], namespace: str) -> dict[str, object]:
    data = {
        entry: b64encode(read_private(folder / file).encode()).decode()
        for entry, file in files.items()
    }
    labels = {"app.kubernetes.io/part-of": "molsteer"}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


def forget(folder: Path) -> None:
    """Remove what was made here."""
    shutil.rmtree(folder, ignore_errors=True)
