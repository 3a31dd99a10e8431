"""Every setting of a campaign as a flag of `molsteer run`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import click
from click.shell_completion import CompletionItem
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from molsteer.shared.cli.flag_checks import refuse_password
from molsteer.shared.cli.offering import Offer, offer_plugins
from molsteer.shared.plugins import Kind
from molsteer.shared.settings.sections import LISTS, Section
from molsteer.shared.wire.catalogue import PROPERTIES
from molsteer.steering.settings.campaign import CampaignSettings

Given = str | tuple[str, ...] | None
"""What a flag was given: a value, several where it may come several times, or nothing."""

_CommandT = TypeVar("_CommandT", bound=Callable[..., object])


def setting_flags(command: _CommandT) -> _CommandT:
    """Add `--SECTION-KEY` for every setting, and `--KEY` for those of [campaign]."""
    return _add_flags(command, lambda _section, _key: True, begins=True)


def changing_flags(may_change: Callable[[str, str], bool]) -> Callable[[_CommandT], _CommandT]:
    """Add the same flags, and show only those of settings that may be changed.

    Where nothing is given, nothing is changed, so none has a default.
    """
    return lambda command: _add_flags(command, may_change, begins=False)


def _add_flags(command: _CommandT, shown: Callable[[str, str], bool], *, begins: bool) -> _CommandT:
    for section, key, field in reversed(list(settings_fields())):
        click.option(
            flag_name(section, key),
            f"{section}__{key}",
            metavar=setting_kind(field),
            multiple=takes_several(field),
            callback=refuse_password if key == "redis_url" else None,
            help=_help(field) if begins else field.description,
            hidden=not shown(section, key),
            shell_complete=_offers(section, key, setting_kind(field)),
        )(command)
    return command


def flags_by_section(values: Mapping[str, Given]) -> dict[str, dict[str, object]]:
    """Sort the flags that were given by section and key, as settings are loaded."""
    given: dict[str, dict[str, object]] = {}
    for name, value in values.items():
        if value is not None and value != ():
            section, key = name.split("__", 1)
            given.setdefault(section, {})[key] = value
    return given


def settings_fields() -> Iterator[tuple[str, str, FieldInfo]]:
    """Go through all settings that are flags: section, key, and what is known about it.

    Tables of which there may be several, as `[[level]]`, are written in a file alone.
    """
    for section, holder in CampaignSettings.model_fields.items():
        model = holder.annotation
        if isinstance(model, type) and issubclass(model, Section):
            for key, field in model.model_fields.items():
                yield section, key, field


def section_subjects() -> dict[str, str]:
    """Tell what each section of the settings is about, in a few words."""
    sections = {
        section: str(field.annotation and field.annotation.__doc__)
        for section, field in CampaignSettings.model_fields.items()
        if section not in LISTS
    }
    return {section: text.partition("\n")[0].rstrip(".") for section, text in sections.items()}


def flag_name(section: str, key: str) -> str:
    """Name the flag of a setting."""
    name = key if section == "campaign" else f"{section}-{key}"
    return "--" + name.replace("_", "-")


def takes_several(field: FieldInfo) -> bool:
    """Tell whether a setting is a list, so that its flag may be given several times."""
    return get_origin(field.annotation) is tuple


def setting_kind(field: FieldInfo) -> str:
    """Name the kind of value a setting takes, or the values it knows."""
    return _kind(field.annotation)


def setting_default(field: FieldInfo) -> str:
    """Name the value a setting has when nobody gives one; empty if it depends on the place."""
    if field.default is PydanticUndefined:
        return "required" if field.default_factory is None else ""
    if isinstance(field.default, tuple):
        return ", ".join(map(str, field.default))
    return "" if field.default is None else str(field.default)


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return "|".join(str(choice) for choice in get_args(annotation))
    if get_origin(annotation) is dict:
        return "JSON"
    if get_origin(annotation) is tuple:
        return f"{_kind(get_args(annotation)[0])}..."
    if get_origin(annotation) in {Union, UnionType}:
        kinds = [_kind(part) for part in get_args(annotation) if part is not type(None)]
        return "|".join(kinds)
    names = {bool: "true|false", int: "WHOLE", float: "NUMBER", str: "TEXT"}
    return names.get(annotation, getattr(annotation, "__name__", "TEXT").upper())


_PLUGINS: dict[tuple[str, str], Kind] = {
    ("simulate", "level"): "level of theory",
    ("policy", "acquisition"): "acquisition",
}


def _offers(section: str, key: str, kind: str) -> Offer:
    if key == "property":
        return _offer("|".join(PROPERTIES))
    plugins = _PLUGINS.get((section, key))
    return _offer(kind) if plugins is None else offer_plugins(plugins)


def _offer(kind: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]:
    """Let a shell complete files, and the values of settings that know theirs."""
    known = [value for value in kind.split("|") if value.islower()]

    def complete(
        _context: click.Context, _option: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        if kind.removesuffix("...") == "PATH":
            return [CompletionItem(incomplete, type="file")]
        return [CompletionItem(value) for value in known if value.startswith(incomplete)]

    return complete


def _help(field: FieldInfo) -> str:
    default = setting_default(field)
    match default:
        case "":
            return str(field.description)
        case "required":
            return f"{field.description} [required]"
        case _:
            return f"{field.description} [default: {default}]"
