"""The flags of `molsteer worker` that stand for settings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import click

from molsteer.shared.cli.flag_checks import refuse_password
from molsteer.shared.settings.sections import QueueSettings, Section, StoreSettings

_OF_QUEUE = (
    "redis_url",
    "password_file",
    "tls_ca_file",
    "tls_certificate_file",
    "tls_key_file",
    "keys_file",
    "prefix",
    "lease_s",
)
_OF_STORES = (
    "directory",
    "globus_config",
    "endpoint",
    "expire_s",
    "cache_objects",
    "keep_directory",
    "keep_bytes",
    "ahead_bytes",
)


def setting_flags() -> Sequence[click.Option]:
    """Give a flag for each setting of the queue and the stores that concerns a worker."""
    return [
        *(_flag("queue", QueueSettings, key) for key in _OF_QUEUE),
        *(_flag("stores", StoreSettings, key) for key in _OF_STORES),
    ]


def by_table(flags: Mapping[str, str | None]) -> dict[str, dict[str, str]]:
    """Sort what flags gave by the tables of the file."""
    tables: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, value in flags.items():
        if value is not None:
            table, _, key = name.partition("__")
            tables[table][key] = value
    return tables


def _flag(table: str, section: type[Section], key: str) -> click.Option:
    """Offer a setting as a flag, with the description and default it has in the file."""
    field = section.model_fields[key]
    default = "none" if field.default is None else field.default
    return click.Option(
        [f"--{table}-{key.replace('_', '-')}", f"{table}__{key}"],
        metavar="VALUE",
        callback=refuse_password if key == "redis_url" else None,
        help=f"{field.description}  [default: {default}]",
    )
