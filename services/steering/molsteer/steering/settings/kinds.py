"""Kinds of values that settings take, as people and programs write them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, get_args

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import from_json
from pydantic_settings import NoDecode

from molsteer.shared.foreign_text import shell_word
from molsteer.shared.wire.specs import Surrogate
from molsteer.steering.errors import LEDGER_FILE
from molsteer.steering.space.files.layout import LISTS, TABLES, suffix
from molsteer.steering.space.manifest import MANIFEST_NAME


def listed(given: object) -> object:
    """Take one value for a list of one; a variable holds several as a JSON list."""
    match given:
        case str(text) if text.startswith("["):
            return from_json(text)
        case str() | Path():
            return (given,)
        case _:
            return given


def _as_text(given: object) -> object:
    """Take a number for its digits, as TOML and Python have them."""
    return str(given) if type(given) is int else given


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", name):
        raise ValueError(
            "write lower-case letters, digits and hyphens, 63 at most, and no hyphen first"
        )
    return name


_SURROGATES = get_args(Surrogate)


def _surrogates(given: object) -> object:
    """Take one name for a list of one, and `auto` for all; a variable holds several as JSON."""
    match listed(given):
        case ("auto",) | ["auto"]:
            return get_args(Surrogate)
        case (*several,) if unknown := [name for name in several if name not in _SURROGATES]:
            names = ", ".join(map(repr, _SURROGATES))
            raise ValueError(f"{unknown[0]!r} is not one of {names}; write these, or 'auto' alone")
        case several:
            return several


def _each_once(surrogates: tuple[Surrogate, ...]) -> tuple[Surrogate, ...]:
    if len(set(surrogates)) < len(surrogates):
        raise ValueError("name each surrogate once")
    return surrogates


Surrogates = Annotated[
    tuple[Surrogate, ...],
    NoDecode,
    BeforeValidator(_surrogates),
    Field(min_length=1),
    AfterValidator(_each_once),
]
ColumnName = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]
Paths = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(listed)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)]
CampaignName = Annotated[str, AfterValidator(_checked_name)]


def other_kind(file: Path) -> str | None:
    """Say what a file or folder is that holds no settings, and the command that takes it."""
    place = shell_word(file)
    if suffix(file.name) in {*LISTS, *TABLES}:
        return f"These are molecules, not settings. Search them with: molsteer run --space {place}"
    if (file / MANIFEST_NAME).is_file():
        return f"This is a search space, no settings. Search it with: molsteer run --space {place}"
    folder = file if file.is_dir() else file.parent
    if (folder / LEDGER_FILE).is_file() and file.suffix != ".toml":
        return (
            f"This is the run directory of a campaign. Go on with it: "
            f"molsteer continue {shell_word(folder)}"
        )
    return None
