"""The flags of `molsteer run`: one for each setting, and molecular-design's options."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, assert_never
from urllib.parse import urlsplit

import click

from molsteer.shared.errors import SettingsError
from molsteer.shared.settings.sections import QueueSettings
from molsteer.steering.cli.flags.molecular_design import (
    SEED_FLAGS,
    Known,
    NoEffect,
    Refused,
    Same,
    SeedFlag,
    Server,
    Switch,
)
from molsteer.steering.cli.flags.run_help import SEEDS, write_options
from molsteer.steering.cli.flags.settings import (
    Given,
    flag_name,
    flags_by_section,
    settings_fields,
)

_CommandT = TypeVar("_CommandT", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one command line says.

    Attributes:
        settings: By section and key, as settings are loaded.
        notes: A sentence for each option that changes nothing.
    """

    settings: dict[str, dict[str, object]]
    notes: list[str] = field(default_factory=list)


class RunCommand(click.Command):
    """Lets flags of lists take all the values that follow, and shows its options by subject."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read `--flag a b` as `--flag a --flag b`, which is all that click knows."""
        lists = {
            name
            for parameter in self.params
            if isinstance(parameter, click.Option) and parameter.multiple
            for name in parameter.opts
        }
        return super().parse_args(ctx, list(_repeated(args, lists)))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options by subject."""
        write_options(self.get_params(ctx), ctx, formatter)


def is_of_the_seeds(parameter: click.Parameter) -> bool:
    """Tell whether an option is one of molecular-design's run.py."""
    return str(parameter.name).startswith(SEEDS)


def seed_flags(command: _CommandT) -> _CommandT:
    """Add molecular-design's options, except those that molsteer has as well."""
    own = {flag_name(section, key) for section, key, _ in settings_fields()}
    for flag in reversed(SEED_FLAGS):
        if f"--{flag.name}" not in own:
            click.option(
                f"--{flag.name}",
                f"{SEEDS}__{_key(flag)}",
                help=_help(flag),
                metavar="VALUE" if flag.takes_value else None,
                is_flag=not flag.takes_value,
                multiple=flag.several,
                default=None,
            )(command)
    return command


def choose(flags: Mapping[str, Given], known_server: str | None) -> Chosen:
    """Combine the flags of molsteer and the options of molecular-design.

    Args:
        flags: Values by `section__key`, its options as `seeds__name`; None is not given.
        known_server: A Redis URL whose user, password and database hold for a server that the
            options of molecular-design name.

    Raises:
        SettingsError: If two flags give a setting different values, or an option is not
            supported; all such problems are named at once.
    """
    chosen = Chosen(flags_by_section(flags))
    seeds = chosen.settings.pop(SEEDS, {})
    givers = {
        f"{section}.{key}": flag_name(section, key)
        for section, values in chosen.settings.items()
        for key in values
    }
    problems = []
    for flag in (flag for flag in SEED_FLAGS if _key(flag) in seeds):
        given = seeds[_key(flag)]
        if isinstance(flag.meaning, NoEffect):
            chosen.notes.append(f"--{flag.name} has no effect. {flag.remark}")
        if _is_refused(flag, given):
            problems.append(f"--{flag.name} {given} is not supported. {flag.remark}")
        for setting, value in _meaning(flag, given, seeds, known_server):
            section, _, key = setting.partition(".")
            if chosen.settings.setdefault(section, {}).setdefault(key, value) != value:
                problems.append(f"{givers[setting]} and --{flag.name} contradict each other.")
            givers.setdefault(setting, f"--{flag.name}")
    if problems:
        raise SettingsError("the command line", list(dict.fromkeys(problems)))
    return chosen


def _repeated(arguments: Sequence[str], lists: Collection[str]) -> Iterator[str]:
    current, values = "", 0
    for argument in arguments:
        if argument.startswith("-"):
            current, values = argument, 0
        elif current in lists:
            # A TOML file is a campaign wherever it stands, unless it is all there is.
            if values and argument.endswith(".toml"):
                current = ""
            elif values:
                yield current
            values += 1
        yield argument


def _key(flag: SeedFlag) -> str:
    return flag.name.replace("-", "_")


def _is_refused(flag: SeedFlag, given: object) -> bool:
    match flag.meaning:
        case Refused():
            return True
        case Known(values=values):
            return given not in values
        case _:
            return False


def _meaning(
    flag: SeedFlag, given: object, seeds: Mapping[str, object], known_server: str | None
) -> Iterator[tuple[str, object]]:
    match flag.meaning:
        case Same(settings=settings):
            yield from ((setting, given) for setting in settings)
        case Switch(values=values):
            yield from values.items()
        case Known(values=known):
            yield from known.get(str(given), {}).items()
        case Server():
            host, port = seeds.get("redishost", "127.0.0.1"), seeds.get("redisport", "6379")
            yield "queue.redis_url", _server_url(str(host), str(port), known_server)
            yield "workers.server", "external"
        case NoEffect() | Refused():
            pass
        case _:
            assert_never(flag.meaning)


def _server_url(host: str, port: str, known: str | None) -> str:
    if known is None or not known.startswith(("redis://", "rediss://")):
        known = str(QueueSettings.model_fields["redis_url"].default)
    parts = urlsplit(known)
    login, at, _ = parts.netloc.rpartition("@")
    place = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=f"{login}{at}{place}:{port}").geturl()


def _help(flag: SeedFlag) -> str:
    match flag.meaning:
        case Same(settings=settings):
            return f"Same as {' and '.join(_our_flag(setting) for setting in settings)}."
        case Switch(values=values):
            given = " ".join(f"{_our_flag(name)} {value}" for name, value in values.items())
            return f"Same as {given}."
        case Known(values=known):
            return f"One of {', '.join(known)}. {flag.remark}"
        case Server():
            return "Same as --workers-server external and a part of --queue-redis-url."
        case NoEffect():
            return f"No effect. {flag.remark}"
        case Refused():
            return f"Not supported. {flag.remark}"
        case _:
            assert_never(flag.meaning)


def _our_flag(setting: str) -> str:
    section, _, key = setting.partition(".")
    return flag_name(section, key)
