"""`molsteer plan`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from molsteer.shared.cli.options import as_json
from molsteer.shared.cli.saying import say
from molsteer.steering.cli.flags.command_line import RunCommand
from molsteer.steering.cli.flags.settings import (
    Given,
    changing_flags,
    flags_by_section,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from molsteer.steering.forecast.compare import Forecast
    from molsteer.steering.policy.plan import Plan

_SHARE = click.FloatRange(0.0, 1.0, max_open=True)


@click.command(cls=RunCommand)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--from",
    "earlier",
    type=click.Path(path_type=Path),
    metavar="RUN_DIR",
    help="An earlier campaign: how long its tasks took, how many failed, how well its models did.",
)
@click.option(
    "--simulate-s", type=click.FloatRange(0.0, min_open=True), help="Seconds of a simulation."
)
@click.option(
    "--train-s",
    type=click.FloatRange(0.0, min_open=True),
    help="Seconds of one training task; there is one for each of train.slots.",
)
@click.option(
    "--infer-s", type=click.FloatRange(0.0, min_open=True), help="Seconds to score a chunk."
)
@click.option("--failing", type=_SHARE, help="Part of the simulations that fail.")
@click.option(
    "--hit-share",
    type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
    help="Part of the molecules that pass the threshold.",
)
@click.option(
    "--hits",
    type=click.IntRange(1),
    help="Count hours until so many hits are found, and not until the budget is used.",
)
@click.option(
    "--repeats",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Campaigns of each way to steer; several give intervals.",
)
@click.option("--suggest", is_flag=True, help="Name the cheapest way to steer, by each cost.")
@as_json
@changing_flags(lambda _section, _key: False)
def plan(
    file: Path | None,
    earlier: Path | None,
    simulate_s: float | None,
    train_s: float | None,
    infer_s: float | None,
    failing: float | None,
    hit_share: float | None,
    hits: int | None,
    repeats: int,
    *,
    suggest: bool,
    as_json: bool,
    **flags: Given,
) -> None:
    """Live through the campaign described in FILE on a virtual clock, and tell what it costs.

    The same policy that would steer it is run with imagined workers and molecules, as the settings
    say and in other ways, so that node-hours are compared before they are paid for. How long tasks
    take is stated, or taken from an earlier campaign. Every setting is an option as for run.

    \b
    Examples:
      molsteer plan examples/quickstart.toml --from runs/quickstart
      molsteer plan campaign.toml --simulate-s 90 --train-s 350 --infer-s 40 --hits 175
      molsteer plan campaign.toml --from runs/small --simulate-slots 4096 --budget 100000
    """
    from molsteer.steering.forecast.compare import forecasts, variants
    from molsteer.steering.forecast.planning import Stated, assumptions_for, plan_for
    from molsteer.steering.settings.campaign import load_campaign

    settings = load_campaign(file, flags_by_section(flags))
    wanted = plan_for(settings)
    stated = Stated(simulate_s, train_s, infer_s, failing, hit_share)
    assumptions = assumptions_for(wanted, stated, earlier)
    seed = settings.campaign.seed
    plans = variants(wanted)
    found = list(forecasts(plans, assumptions, repeats=repeats, seed=seed, hits=hits))
    if as_json:
        say(json.dumps([asdict(each) for each in found]))
        return
    say(_table(found, hits), nl=False)
    if suggest:
        say(_suggested(found, plans))


def _table(found: Sequence[Forecast], hits: int | None) -> str:
    from molsteer.steering.report.table import table

    until = "" if hits is None else f" to {hits} hits"
    reached = [] if hits is None else ["reached by"]
    return table(
        (
            *("steering", f"hours{until}", "simulation hours", "learning hours"),
            *("hits", "simulations", "updates", "busy", *reached),
        ),
        [
            (
                *(each.name, each.wall_h, each.simulate_h, each.learn_h),
                *(each.hits, each.simulations, each.updates, f"{each.busy.mean:.0%}"),
                *([f"{each.reached} of {each.repeats}"] if reached else []),
            )
            for each in found
        ],
    )


def _suggested(found: Sequence[Forecast], plans: Mapping[str, Plan]) -> str:
    complete = [each for each in found if each.reached == each.repeats]
    if not complete:
        return "No way of steering found so many hits each time; raise the budget, or ask for less."
    costs = {
        "Soonest": lambda each: each.wall_h.mean,
        "Fewest simulation hours": lambda each: each.simulate_h.mean,
        "Fewest learning hours": lambda each: each.learn_h.mean,
    }
    cheapest = {what: min(complete, key=cost).name for what, cost in costs.items()}
    return "\n".join(
        f"{what}: {name}, with {_options(plans[name])}." for what, name in cheapest.items()
    )


def _options(plan: Plan) -> str:
    """Give the options of `molsteer run` that steer in this way."""
    return (
        f"--policy-first-training-after {plan.first_training_after} "
        f"--policy-retrain-after {plan.retrain_after} --policy-during-update {plan.during_update}"
    )
