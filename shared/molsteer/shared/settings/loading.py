"""Reads settings: the file, then `MOLSTEER_*` variables, then flags, each overruling the last."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as VariableError

from molsteer.shared.bus.server_url import holds_password
from molsteer.shared.errors import SettingsError
from molsteer.shared.foreign_text import shell_word
from molsteer.shared.private_files import is_exposed
from molsteer.shared.settings.wording import wording

_MOST_CHARACTERS, _WIDEST = 200_000, 5_000
"""No settings are longer, nor is a line of them; reading TOML may take time with their square."""

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

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the hook's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources, the strongest first; the file's path is in the model's config."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load(
    model: type[_SettingsT],
    file: Path | None,
    flags: Mapping[str, Mapping[str, object]],
) -> _SettingsT:
    """Read and check settings from all sources.

    Args:
        model: What to read.
        file: A TOML file, or None for environment and flags alone.
        flags: Values given on the command line, by section and key.

    Raises:
        SettingsError: If the file cannot be read, or any setting cannot be used. All problems
            are named at once, each with its place.
    """
    source = str(file) if file else "the environment and flags"
    _check_file(file, source)

    # A settings class holds its file in its configuration, so each file has a class of its own.
    bound: type[_SettingsT] = type(
        model.__name__,
        (model,),
        {"model_config": SettingsConfigDict(toml_file=file), "__module__": model.__module__},
    )
    given: dict[str, Any] = {section: dict(values) for section, values in flags.items()}
    try:
        return bound(**given)
    except ValidationError as error:
        raise SettingsError(source, list(_with_cures(error))) from None
    except VariableError as error:
        cure = "A table or list is written as JSON, a single setting as MOLSTEER_TABLE__KEY."
        raise SettingsError(source, [f"MOLSTEER_*: {error}. {cure}"]) from None


def _check_file(file: Path | None, source: str) -> None:
    if file is None:
        return
    try:
        document = _parsed(file.read_bytes().decode())
    except FileNotFoundError:
        raise SettingsError(source, ["There is no such file. Check the path."]) from None
    except OSError as error:
        raise SettingsError(source, [f"The file cannot be read: {error.strerror}."]) from None
    except UnicodeDecodeError:
        raise SettingsError(source, ["The file is not UTF-8 text."]) from None
    except (ValueError, RecursionError) as error:
        raise SettingsError(source, [f"The file is not valid TOML: {error}."]) from None
    queue = document.get("queue")
    url = queue.get("redis_url") if isinstance(queue, dict) else None
    if holds_password(url) and is_exposed(file.stat()):
        keep = f"Keep the file to yourself (chmod 600 {shell_word(file)})"
        cure = f"{keep}, or name a password_file instead"
        problem = f"[queue] redis_url: holds a password, and others may use the file. {cure}."
        raise SettingsError(source, [problem])


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > _MOST_CHARACTERS or max(map(len, text.splitlines()), default=0) > _WIDEST:
        raise ValueError("too long for settings")
    if text.startswith("\ufeff"):
        raise ValueError("it begins with a byte-order mark; save it as UTF-8 without one")
    return tomllib.loads(text)


def sentences(error: ValidationError) -> list[str]:
    """Tell what is wrong with settings, one sentence for each problem, with its place."""
    problems = error.errors(include_url=False, include_input=False)
    return [f"{_place(problem['loc'])}: {wording(problem)}." for problem in problems]


def _with_cures(error: ValidationError) -> Iterator[str]:
    problems = error.errors(include_url=False, include_input=False)
    for sentence, problem in zip(sentences(error), problems, strict=True):
        if problem["type"] != "missing":
            yield sentence
            continue
        variable = "__".join(str(part).upper() for part in problem["loc"])
        yield f"{sentence} Give it in the file, as a flag or in MOLSTEER_{variable}."


def _place(location: tuple[int | str, ...]) -> str:
    section, *keys = [str(part) for part in location] or ["settings"]
    return f"[{section}] {'.'.join(keys)}".rstrip()
