"""The help of `molsteer run`: by subject, and short unless everything is asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import click

from molsteer.shared.cli.saying import say
from molsteer.steering.cli.flags.settings import section_subjects

EVERYDAY = frozenset(
    {
        *("campaign.name", "campaign.space", "campaign.training_set", "campaign.run_dir"),
        *("campaign.budget", "campaign.property", "campaign.hit_above_eV"),
        *("policy.first_training_after", "policy.retrain_after", "policy.during_update"),
        *("simulate.slots", "simulate.level", "simulate.time_limit_s"),
        *("train.members", "train.models"),
        *("queue.redis_url", "stores.directory", "workers.server", "workers.local"),
    }
)
"""Settings that most campaigns need no more than."""

SEEDS = "seeds"
"""Stands for the options of molecular-design where our own flags have their section."""

_ALL = "molsteer.steering.help_all"

_CommandT = TypeVar("_CommandT", bound=Callable[..., Any])


def help_all(command: _CommandT) -> _CommandT:
    """Offer `--help-all`."""

    def show(context: click.Context, _option: click.Parameter, asked: bool) -> None:
        if asked and not context.resilient_parsing:
            context.meta[_ALL] = True
            say(context.get_help())
            context.exit()

    return click.option(
        "--help-all",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Show every option and exit.",
    )(command)


def write_options(
    parameters: Iterable[click.Parameter], context: click.Context, formatter: click.HelpFormatter
) -> None:
    """Write options by subject, those of every day alone unless all are asked for."""
    everything = bool(context.meta.get(_ALL))
    panels, left_out = defaultdict[str, list[tuple[str, str]]](list), 0
    for parameter in parameters:
        record = parameter.get_help_record(context)
        if record is None or not isinstance(parameter, click.Option):
            continue
        section, _, key = str(parameter.name).partition("__")
        if everything or not key or f"{section}.{key}" in EVERYDAY:
            panels[section if key else ""].append(record)
        else:
            left_out += 1
    for section, title in _titles().items():
        if section in panels:
            with formatter.section(title):
                formatter.write_dl(panels[section])
    if left_out:
        formatter.write_paragraph()
        formatter.write_text(f"{left_out} more options: molsteer run --help-all")


def _titles() -> Mapping[str, str]:
    return {"": "Options", **section_subjects(), SEEDS: "Options of molecular-design's run.py"}
