"""Writes the parts of the documentation that follow from the code."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_never, get_args

from molsteer.shared.settings.names import heading
from molsteer.shared.settings.sections import LISTS, Section
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
from molsteer.steering.cli.flags.settings import (
    flag_name,
    setting_default,
    setting_kind,
    settings_fields,
)
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.sites.kubernetes.profile import KubernetesSection
from molsteer.steering.sites.sections import (
    BatchSection,
    GlobusComputeSection,
    ImageSection,
    RedisSection,
    ServiceSection,
    SiteSection,
)

DOCS = Path(__file__).parents[1] / "docs"
CONFIGURATION = DOCS / "configuration.md"
PROFILES = DOCS / "sites" / "profile.md"
FROM_THE_SEEDS = DOCS / "from-molecular-design.md"

_OPTIONS_END = "<!-- end of options -->"

_INTRODUCTION = """\
# Configuration

<!-- Written by `make docs` from the settings models; change those instead. -->

A campaign is described by one TOML file. Every setting can also be given as an environment
variable, which overrules the file, and as a flag of `molsteer run`, which overrules both:
`[policy] beta` is `MOLSTEER_POLICY__BETA` and `--policy-beta`; the settings of `[campaign]` are
flags without a prefix. Workers started by hand (`molsteer worker`) read `[queue]` and `[stores]`
from the same sources.

In a file, relative paths of `campaign.space`, `campaign.training_set` and `train.models` count from
the folder of the file; everywhere else, and all other paths, from where the command runs.

Names carry their unit: `_s` seconds, `_eV` electron volts, `_bytes` bytes; the numbers of an
`[[objective]]` are in its property's unit. All mistakes are
reported at once, each with its line or variable and what may have been meant, before anything
starts; so is a variable that begins with `MOLSTEER_` and that nobody reads. `molsteer init` writes
a file for given molecules, and `molsteer run --dry-run` tries one out.
"""


_COLUMNS = "\n| setting | flag | kind | default | meaning |\n|---|---|---|---|---|\n"
_LIST_COLUMNS = """
There may be several of these tables, which have no flags; a variable (`MOLSTEER_LEVEL`,
`MOLSTEER_OBJECTIVE`) holds all of a kind as a JSON list. The order counts.

| setting | kind | default | meaning |
|---|---|---|---|
"""


def configuration_reference() -> str:
    """Write the reference of all settings as Markdown."""
    parts = [_INTRODUCTION]
    for section, field in CampaignSettings.model_fields.items():
        several = section in LISTS
        holder: Any = get_args(field.annotation)[0] if several else field.annotation
        parts.append(f"\n## {heading(section)}\n\n{_summary(holder)}\n")
        parts.append(_LIST_COLUMNS if several else _COLUMNS)
        for key, each in holder.model_fields.items():
            cells = (
                f"`{key}`",
                *(() if several else (f"`{flag_name(section, key)}`",)),
                setting_kind(each).replace("|", "\\|"),
                setting_default(each),
                str(each.description),
            )
            parts.append(f"| {' | '.join(cells)} |\n")
    return "".join(parts)


_SITE_INTRODUCTION = """\
# Profiles

<!-- Written by `make docs` from the models of profiles; change those instead. -->

What a profile of a [site](README.md) may say. Variables overrule it: `[batch] account` is
`MOLSTEER_BATCH__ACCOUNT`. Relative paths count from where the command runs. `[queue]` and
`[stores]` are those of [campaigns](../configuration.md); for a server that is started here,
`[queue] redis_url` is left out.
`[trainer]` and `[inferencer]` have the settings of `[simulator]`.
"""


def profile_reference() -> str:
    """Write the reference of all settings of profiles as Markdown."""
    parts = [_SITE_INTRODUCTION]
    sections: dict[str, type[Section]] = {
        "site": SiteSection,
        "redis": RedisSection,
        "batch": BatchSection,
        "image": ImageSection,
        "globus_compute": GlobusComputeSection,
        "simulator": ServiceSection,
        "kubernetes": KubernetesSection,
    }
    for section, holder in sections.items():
        parts.append(f"\n## [{section}]\n\n{_summary(holder)}\n")
        parts.append("\n| setting | kind | default | meaning |\n|---|---|---|---|\n")
        for key, field in holder.model_fields.items():
            kind = setting_kind(field).replace("|", "\\|")
            cells = (f"`{key}`", kind, setting_default(field), str(field.description))
            parts.append(f"| {' | '.join(cells)} |\n")
    return "".join(parts)


def with_seed_options(document: str) -> str:
    """Write the table of molecular-design's options into its page, between the marks there."""
    before, mark, rest = document.partition("<!-- options:")
    notice, end_of_mark, _ = rest.partition("-->")
    _, end, after = rest.partition(_OPTIONS_END)
    return "".join((before, mark, notice, end_of_mark, _option_table(), end, after))


def _option_table() -> str:
    rows = [
        "\n\n| option | here | their default | our default | to know |\n|---|---|---|---|---|\n"
    ]
    for flag in SEED_FLAGS:
        cells = (f"`--{flag.name}`", _here(flag), flag.default, _our_default(flag), flag.remark)
        rows.append(f"| {' | '.join(cells)} |\n")
    return "".join([*rows, "\n"])


def _here(flag: SeedFlag) -> str:
    match flag.meaning:
        case Same(settings=settings):
            return ", ".join(f"`{setting}`" for setting in settings)
        case Switch(values=values):
            return _given(values)
        case Server():
            return '`queue.redis_url`, `workers.server = "external"`'
        case Known(values=known):
            return "; ".join(f"`{name}`: {_given(values)}" for name, values in known.items())
        case NoEffect():
            return "no effect"
        case Refused():
            return "refused"
        case _:
            assert_never(flag.meaning)


def _given(values: Mapping[str, str]) -> str:
    return ", ".join(f'`{setting} = "{value}"`' for setting, value in values.items())


def _our_default(flag: SeedFlag) -> str:
    match flag.meaning:
        case Same(settings=names) | Switch(values=names):
            fields = {f"{section}.{key}": field for section, key, field in settings_fields()}
            defaults = (setting_default(fields[name]) for name in names)
            return ", ".join(dict.fromkeys(defaults))
        case _:
            return ""


def _summary(holder: type | None) -> str:
    return (holder.__doc__ or "").strip().splitlines()[0] if holder else ""


if __name__ == "__main__":
    for path, text in {
        CONFIGURATION: configuration_reference(),
        PROFILES: profile_reference(),
        FROM_THE_SEEDS: with_seed_options(FROM_THE_SEEDS.read_text(encoding="utf-8")),
    }.items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path}\n")
