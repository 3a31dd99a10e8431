"""Reads settings: the file, then `MOLSTEER_*` variables, then flags, each overruling the last."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as VariableError

from molsteer.shared.errors import SettingsError
from molsteer.shared.foreign_text import shell_word
from molsteer.shared.host.files.private_files import is_exposed
from molsteer.shared.settings.names import (
    Name,
    heading,
    name_meant,
    names_in_lists,
    names_of,
    tables_of,
    unknown_variables,
)
from molsteer.shared.settings.origins import STRENGTH, Origins, variables_of
from molsteer.shared.settings.sections import LISTS
from molsteer.shared.settings.server_url import holds_password
from molsteer.shared.suggestions import meant
from molsteer.shared.wording import _place, sentences, wording

_MOST_CHARACTERS, _WIDEST = 200_000, 5_000
"""No settings are longer, nor is a line of them; reading TOML may take time with their square."""

_EXPLAINED = 50
"""Problems that are shown with their line and what may have been meant."""

_SettingsT = TypeVar("_SettingsT", bound="FileSettings")


class FileSettings(BaseSettings):
    """Base of settings that come from a TOML file, the environment and flags.

    A field `section.key` is `[section] key` in the file, `MOLSTEER_SECTION__KEY` in the
    environment and `--section-key` on the command line.
    """

    model_config = SettingsConfigDict(
        env_prefix="MOLSTEER_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    document: ClassVar[dict[str, Any]] = {}
    """What the file holds."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the hook's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources, the strongest first."""
        return init_settings, env_settings, InitSettingsSource(settings_cls, cls.document)


def load(
    model: type[_SettingsT],
    file: Path | None,
    flags: Mapping[str, Mapping[str, object]],
) -> _SettingsT:
    """Read and check settings from all sources.

    Args:
        model: What to read.
        file: A TOML file, or a JSON file as run directories have it, or None for environment and
            flags alone.
        flags: Values given on the command line, by section and key.

    Raises:
        SettingsError: If the file cannot be read, or any setting cannot be used. All problems
            are named at once, each with its place.
    """
    source = str(file) if file else "the environment and flags"
    origins = origins_of(file, flags)

    # What the file holds belongs to a settings class, so each file has a class of its own.
    document = dict(origins.document)
    bound: type[_SettingsT] = type(
        model.__name__, (model,), {"document": document, "__module__": model.__module__}
    )
    given: dict[str, Any] = {section: dict(values) for section, values in flags.items()}
    if "workers" in model.model_fields and _names_server(origins):
        given["workers"] = {**given.get("workers", {}), "server": "external"}
    others = [*_contradictions(origins), *unknown_variables(model, os.environ)]
    try:
        settings = bound(**given)
    except ValidationError as error:
        known = [*names_of(model), *names_in_lists(model)]
        problems = [*_with_cures(error, known, origins), *others]
        raise SettingsError(source, problems) from None
    except VariableError as error:
        cure = "A table or list is written as JSON, a single setting as MOLSTEER_TABLE__KEY."
        raise SettingsError(source, [f"MOLSTEER_*: {error}. {cure}", *others]) from None
    if others:
        raise SettingsError(source, others)
    return settings


def origins_of(file: Path | None, flags: Mapping[str, Mapping[str, object]]) -> Origins:
    """Find out where each setting is given; `load` has the same arguments, and raises the same."""
    document, text = ({}, "") if file is None else _read(file)
    return Origins(document, text, variables_of(os.environ), flags)


_URL, _SERVER = Name("queue", "redis_url"), Name("workers", "server")


def _names_server(origins: Origins) -> bool:
    """Tell whether somebody names a server, more strongly than anybody asks for an own one."""
    named, kind = (STRENGTH.index(origins.of(name)) for name in (_URL, _SERVER))
    return named > kind


def _contradictions(origins: Origins) -> Iterator[str]:
    place = origins.of(_URL)
    if place == origins.of(_SERVER) and origins.value(_SERVER) == "embedded":
        yield (
            f"{_SERVER}: embedded starts a server for this run alone, and {place} also names "
            f"another as {_URL}. Leave one of them out."
        )


def _read(file: Path) -> tuple[dict[str, Any], str]:
    """Read a file; only of TOML is the text given as well."""
    source, is_json = str(file), file.suffix == ".json"
    try:
        text = file.read_bytes().decode()
        document = _parsed_json(text) if is_json else _parsed(text)
    except FileNotFoundError:
        raise SettingsError(source, ["There is no such file. Check the path."]) from None
    except OSError as error:
        raise SettingsError(source, [f"The file cannot be read: {error.strerror}."]) from None
    except UnicodeDecodeError:
        raise SettingsError(source, ["The file is not UTF-8 text."]) from None
    except (ValueError, RecursionError) as error:
        kind = "JSON" if is_json else "TOML"
        raise SettingsError(source, [f"The file is not valid {kind}: {error}."]) from None
    queue = document.get("queue")
    url = queue.get("redis_url") if isinstance(queue, dict) else None
    if holds_password(url) and is_exposed(file.stat()):
        keep = f"Keep the file to yourself (chmod 600 {shell_word(file)})"
        cure = f"{keep}, or name a password_file instead"
        problem = f"[queue] redis_url: holds a password, and others may use the file. {cure}."
        raise SettingsError(source, [problem])
    return document, "" if is_json else text


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > _MOST_CHARACTERS or max(map(len, text.splitlines()), default=0) > _WIDEST:
        raise ValueError("too long for settings")
    if text.startswith("\ufeff"):
        raise ValueError("it begins with a byte-order mark; save it as UTF-8 without one")
    return tomllib.loads(text)


def _parsed_json(text: str) -> dict[str, Any]:
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("it holds no table")
    return document


_SEVERAL = (
    "there may be several of these tables; write its name in two brackets on each side, and in a "
    "variable a list of them in JSON."
)


def _with_cures(error: ValidationError, known: Sequence[Name], origins: Origins) -> Iterator[str]:
    for problem in error.errors(include_url=False)[:_EXPLAINED]:
        location = problem["loc"]
        place, what = f"{origins.place(location)}{_place(location)}", wording(problem)
        match problem["type"]:
            case "extra_forbidden":
                yield f"{place}: there is no such setting. {_cure(location, known, origins)}"
            case "tuple_type" if location[0] in LISTS and len(location) == 1:
                yield f"{origins.place(location)}{heading(str(location[0]))}: {_SEVERAL}"
            case "missing" if location[0] in LISTS:
                yield f"{place}: {what}. Each {heading(str(location[0]))} needs one."
            case "missing":
                variable = "__".join(str(part).upper() for part in location)
                yield f"{place}: {what}. Give it in the file, as a flag or in MOLSTEER_{variable}."
            case _:
                yield f"{place}: {what}."
    yield from sentences(error)[_EXPLAINED:]


def _cure(location: tuple[int | str, ...], known: Sequence[Name], origins: Origins) -> str:
    section, *keys = [part for part in location if isinstance(part, str)]
    if not keys:
        table = meant(section, tables_of(known))
        likely = heading(table) if table else name_meant("", section, known)
    else:
        likely = name_meant(section, keys[0], known)
        in_variable = origins.of(Name(section, keys[0])) == "the environment"
        if likely and in_variable and likely.section not in LISTS:
            likely = likely.variable
    return f"Did you mean {likely}?" if likely else "Check the spelling."
