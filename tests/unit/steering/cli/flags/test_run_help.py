"""The help of `molsteer run` is short, and tells everything to those who ask."""

from __future__ import annotations

import re

import click
import pytest
from click.testing import CliRunner

from molsteer.steering.cli.flags.run_help import EVERYDAY
from molsteer.steering.cli.flags.settings import flag_name, section_subjects, settings_fields
from molsteer.steering.cli.run import run

pytestmark = pytest.mark.fast


def shown(option: str) -> str:
    done = CliRunner().invoke(run, [option])
    assert done.exit_code == 0
    return done.output


def offered(text: str) -> set[str]:
    return set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", text, re.MULTILINE))


def test_the_short_help_shows_what_most_campaigns_need() -> None:
    text = shown("--help")
    everyday = {
        flag_name(section, key)
        for section, key, _ in settings_fields()
        if f"{section}.{key}" in EVERYDAY
    }
    assert len(everyday) == len(EVERYDAY)
    assert offered(text) == everyday | {
        "--quiet",
        "--verbose",
        "--help-all",
        "--help",
        "--dry-run",
        "--site",
    }
    assert "more options: molsteer run --help-all" in text
    assert len(text.splitlines()) < 120


def test_the_whole_help_shows_every_option_once_under_its_subject() -> None:
    text = shown("--help-all")
    options = {
        name
        for option in run.params
        if isinstance(option, click.Option)
        for name in option.opts
        if name.startswith("--")
    }
    assert offered(text) == options | {"--help"}
    policy, simulate = section_subjects()["policy"], section_subjects()["simulate"]
    assert text.index(f"{policy}:") < text.index("--policy-beta") < text.index(f"{simulate}:")
    assert "more options" not in text


@pytest.mark.parametrize("option", ["--help", "--help-all"])
def test_the_help_fits_into_a_terminal(option: str) -> None:
    assert all(len(line) <= 80 for line in shown(option).splitlines())
