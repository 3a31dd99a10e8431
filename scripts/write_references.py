"""Writes the parts of the documentation that follow from the code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import assert_never

from molsteer.steering.flags import flag_name, setting_default, setting_kind, settings_fields
from molsteer.steering.seed_flags import (
    SEED_FLAGS,
    NoEffect,
    Only,
    Refused,
    Same,
    SeedFlag,
    Server,
    Switch,
)
from molsteer.steering.settings import CampaignSettings

DOCS = Path(__file__).parents[1] / "docs"
CONFIGURATION = DOCS / "configuration.md"
FROM_THE_SEEDS = DOCS / "from-the-seeds.md"

_OPTIONS_END = "<!-- end of options -->"

_INTRODUCTION = """\
# Configuration

<!-- Written by `make docs` from the settings models; change those instead. -->

A campaign is described by one TOML file. Every setting can also be given as an environment
variable, which overrules the file, and as a flag of `molsteer run`, which overrules both:
`[policy] beta` is `MOLSTEER_POLICY__BETA` and `--policy-beta`; the settings of `[campaign]` are
flags without a prefix. Workers started by hand (`molsteer worker`) read `[queue]` and `[stores]`
from the same sources.

Names carry their unit: `_s` seconds, `_eV` electron volts, `_bytes` bytes. All mistakes in a file
are reported at once, each with its place, before anything starts.
"""


def configuration_reference() -> str:
    """Write the reference of all settings as Markdown."""
    parts, shown = [_INTRODUCTION], ""
    for section, key, field in settings_fields():
        if section != shown:
            shown = section
            holder = CampaignSettings.model_fields[section].annotation
            parts.append(f"\n## [{section}]\n\n{_summary(holder)}\n")
            parts.append("\n| setting | flag | kind | default | meaning |\n|---|---|---|---|---|\n")
        cells = (
            f"`{key}`",
            f"`{flag_name(section, key)}`",
            setting_kind(field).replace("|", "\\|"),
            setting_default(field),
            str(field.description),
        )
        parts.append(f"| {' | '.join(cells)} |\n")
    return "".join(parts)


def with_seed_options(document: str) -> str:
    """Write the table of the seeds' options into the page about them, where its marks are."""
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
            return ", ".join(f'`{setting} = "{value}"`' for setting, value in values.items())
        case Server():
            return '`queue.redis_url`, `workers.server = "external"`'
        case Only(value=value):
            return f"only `{value}`"
        case NoEffect():
            return "no effect"
        case Refused():
            return "refused"
        case _:
            assert_never(flag.meaning)


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
    CONFIGURATION.write_text(configuration_reference(), encoding="utf-8")
    FROM_THE_SEEDS.write_text(
        with_seed_options(FROM_THE_SEEDS.read_text(encoding="utf-8")), encoding="utf-8"
    )
    sys.stdout.write(f"{CONFIGURATION}\n{FROM_THE_SEEDS}\n")
