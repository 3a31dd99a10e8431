"""The names of settings, and which of them somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, get_args

from pydantic import BaseModel

from molsteer.shared.failpoints import VARIABLE as FAILPOINT
from molsteer.shared.settings.sections import LISTS, SITE_TABLES, TABLES, Section
from molsteer.shared.suggestions import meant

PREFIX = "MOLSTEER_"

_OWN = {FAILPOINT}
"""Variables of the program that are no settings."""

_ALIKE = 0.8
"""Names of other tables must be more alike than those of one table to be taken for each other."""


class Name(NamedTuple):
    """The full name of a setting."""

    section: str
    key: str

    def __str__(self) -> str:
        return f"{heading(self.section)} {self.key}"

    @property
    def variable(self) -> str:
        """The variable that holds it, or all tables of its kind where there may be several."""
        if self.section in LISTS:
            return f"{PREFIX}{self.section}".upper()
        return f"{PREFIX}{self.section}__{self.key}".upper()


def heading(section: str) -> str:
    """Write how a table begins in a file."""
    return f"[[{section}]]" if section in LISTS else f"[{section}]"


def names_of(model: type[BaseModel]) -> list[Name]:
    """Name all settings of a model, by table and key, but for tables that may be several."""
    return [
        Name(section, key)
        for section, field in model.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        for key in field.annotation.model_fields
    ]


def names_in_lists(model: type[BaseModel]) -> list[Name]:
    """Name the keys of the tables of which there may be several."""
    return [
        Name(section, key)
        for section in LISTS
        if section in model.model_fields
        for each in get_args(model.model_fields[section].annotation)
        if isinstance(each, type) and issubclass(each, BaseModel)
        for key in each.model_fields
    ]


def tables_of(known: Iterable[Name]) -> list[str]:
    """Name the tables of settings, those of campaigns first."""
    return list(dict.fromkeys((*TABLES, *(name.section for name in known))))


def name_meant(section: str, key: str, known: Sequence[Name]) -> Name | None:
    """Find the setting that somebody may have meant, in the same table before others.

    Args:
        section: The table that was written; empty if none was.
        key: The name that was written.
        known: All settings.
    """
    tables = tables_of(known)
    table = section if section in tables else meant(section, tables)
    here = {name.key: name for name in known if name.section == table}
    anywhere = {name.key: name for name in reversed(known)}
    if key in anywhere and key not in here:
        return anywhere[key]
    if found := meant(key, here):
        return here[found]
    found = meant(key, anywhere, _ALIKE)
    return anywhere[found] if found else None


def unknown_variables(model: type[BaseModel], environment: Iterable[str]) -> Iterator[str]:
    """Tell in a sentence of each `MOLSTEER_*` variable that nobody reads.

    Those that Kubernetes makes for a service called molsteer or molsteer-something are let be.
    """
    known = names_of(model)
    read = {name.variable for name in known} | _OWN
    ours = sorted(name for name in environment if name.upper().startswith(PREFIX))
    linked = tuple(_links(ours))
    for name in ours:
        if name.upper() in read or name.startswith(linked):
            continue
        section, is_setting, key = name[len(PREFIX) :].lower().partition("__")
        if section in TABLES or section in SITE_TABLES:
            continue  # the model reads it, and knows its keys, or another service does
        likely = name_meant(section, key, known) if is_setting else name_meant("", section, known)
        cure = f"Did you mean {likely.variable}?" if likely else "Check the spelling, or unset it."
        yield f"{name}: there is no such setting. {cure}"


def _links(variables: Iterable[str]) -> Iterator[str]:
    """Give how the variables begin by which Kubernetes names its services."""
    for name in variables:
        if name.endswith("_SERVICE_HOST"):
            service = name.removesuffix("_SERVICE_HOST")
            yield from (f"{service}_SERVICE_", f"{service}_PORT")
