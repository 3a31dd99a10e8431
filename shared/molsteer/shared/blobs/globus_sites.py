"""Reads which Globus collections hold the blobs, and which of them is at hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import UUID

from proxystore.connectors.globus import GlobusEndpoint
from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter, ValidationError

from molsteer.shared.errors import SettingsError
from molsteer.shared.wording import sentences


@dataclass(frozen=True, slots=True)
class GlobusSites:
    """Folders that Globus Transfer keeps alike.

    Attributes:
        here: The collection whose folder this host sees.
        elsewhere: The others.
    """

    here: GlobusEndpoint
    elsewhere: tuple[GlobusEndpoint, ...]


def read_sites(file: Path, host: str) -> GlobusSites:
    """Read a file of the form that ProxyStore's `GlobusEndpoints.from_json` reads.

    Raises:
        SettingsError: If the file cannot be read or used, or does not name exactly one collection
            for the host; all problems are named at once.
    """
    try:
        described = TypeAdapter(dict[UUID, _Site]).validate_json(file.read_bytes())
    except OSError as error:
        problem = f"The file cannot be read: {error.strerror}. Check [stores] globus_config."
        raise SettingsError(str(file), [problem]) from None
    except ValidationError as error:
        raise SettingsError(str(file), sentences(error)) from None
    sites = [GlobusEndpoint(str(name), **site.model_dump()) for name, site in described.items()]
    here = [site for site in sites if re.fullmatch(site.host_regex, host)]
    if problems := _problems(len(sites), here, host):
        raise SettingsError(str(file), problems)
    return GlobusSites(here[0], tuple(site for site in sites if site.uuid != here[0].uuid))


def _check_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is not a regular expression ({error})") from None
    return text


class _Site(BaseModel):
    model_config = ConfigDict(extra="forbid")

    host_regex: Annotated[str, AfterValidator(_check_pattern)]
    endpoint_path: str
    local_path: str


def _problems(count: int, here: list[GlobusEndpoint], host: str) -> list[str]:
    problems = []
    if count < 2:
        problems.append("It names fewer than two collections, so there is nothing to transfer.")
    if not here:
        problems.append(f"No host_regex matches this host, {host}. Add its collection.")
    if len(here) > 1:
        names = ", ".join(site.uuid for site in here)
        problems.append(f"Several host_regex match this host, {host}: those of {names}.")
    return problems
