"""Writes the parts of the documentation that follow from the code."""

from __future__ import annotations

import sys
from pathlib import Path

from molsteer.steering.flags import flag_name, setting_default, setting_kind, settings_fields
from molsteer.steering.settings import CampaignSettings

CONFIGURATION = Path(__file__).parents[1] / "docs" / "configuration.md"

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


def _summary(holder: type | None) -> str:
    return (holder.__doc__ or "").strip().splitlines()[0] if holder else ""


if __name__ == "__main__":
    CONFIGURATION.write_text(configuration_reference(), encoding="utf-8")
    sys.stdout.write(f"{CONFIGURATION}\n")
