"""Whether a forecast tells policies apart as a published study did, and how long it takes.

    python bench/forecast.py [--repeats 3]
    python bench/forecast.py --large

The study is molecular-design's: 8 nodes for simulations, 8 GPUs, about 1.1 million molecules, hours
until 175 hits. Its own figures stand beside ours; one worker is one of its nodes. A large campaign
has 4,096 workers, 100,000 simulations of an hour and some 80 updates among 1.1 million molecules.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace

import click

from molsteer.steering.forecast.assumptions import Assumptions, Duration, Learning
from molsteer.steering.forecast.compare import Forecast, forecasts, variants
from molsteer.steering.policy.plan import DuringUpdate, Plan
from molsteer.steering.report.table import table

PLAN = Plan(
    budget=520,
    slots_simulate=8,
    slots_train=8,
    slots_infer=8,
    buffer=2,
    shortlist=500,
    first_training_after=64,
    retrain_after=1,
    during_update="continue",
    warm_start=False,
    merge="complete",
    members=8,
    space_size=23 * 48_493,
    chunk_size=48_493,
    attempts=2,
    failure_limit=100,
)
ASSUMPTIONS = Assumptions(
    simulate=Duration(87.6, scatter=0.45),
    train=Duration(354.0, scatter=0.3),
    infer=Duration(8 * 39.9, scatter=0.1),
    hit_share=0.001,
    learning=Learning(at_100=0.4),
)
PUBLISHED: dict[str, tuple[int, DuringUpdate, float, float, float]] = {
    "continuous": (1, "continue", 1.66, 11.03, 10.46),
    "delay 32": (175, "continue", 1.61, 10.57, 7.55),
    "delay 64": (207, "continue", 1.81, 11.25, 8.60),
    "interleaved 32": (32, "hold-while-training", 2.66, 7.89, 13.90),
    "interleaved 64": (64, "hold-while-training", 1.76, 11.15, 10.30),
    "batch 32": (32, "pause", 3.21, 7.52, 14.04),
    "batch 64": (64, "pause", 2.49, 8.71, 8.25),
}
"""Labels after which models are trained again, what simulations do meanwhile, and the hours of the
study: wall, CPU nodes, GPUs. It delays from the end of an update on, and here labels count from its
beginning, so that those of an update of about 1,560 s, some 143, are added to a delay."""


LARGE = replace(
    PLAN,
    budget=100_000,
    slots_simulate=4_096,
    buffer=512,
    shortlist=1_000,
    first_training_after=100,
    retrain_after=100,
    merge="progressive",
    space_size=1_100_000,
    chunk_size=10_000,
)
OF_AN_HOUR = replace(
    ASSUMPTIONS, simulate=Duration(3_600.0, scatter=0.45), infer=Duration(40.0, scatter=0.1)
)


@click.command()
@click.option("--large", is_flag=True, help="Time each way to steer a large campaign.")
@click.option("--repeats", default=3, show_default=True, help="Campaigns of each policy.")
def bench(repeats: int, *, large: bool) -> None:
    """Live through the study, or once through a large campaign."""
    if large:
        time_large()
        return
    plans = {
        name: replace(PLAN, retrain_after=labels, during_update=during)
        for name, (labels, during, *_) in PUBLISHED.items()
    }
    began_s = time.process_time()
    found = list(forecasts(plans, ASSUMPTIONS, repeats=repeats, seed=0, hits=175))
    took_s = time.process_time() - began_s
    print(
        table(
            ("policy", "wall h", "published", "CPU h", "published", "GPU h", "published"),
            [
                (
                    *(each.name, each.wall_h, PUBLISHED[each.name][2]),
                    *(each.simulate_h, PUBLISHED[each.name][3]),
                    *(each.learn_h, PUBLISHED[each.name][4]),
                )
                for each in found
            ],
        )
    )
    means = {
        each.name: [each.wall_h.mean, each.simulate_h.mean, each.learn_h.mean] for each in found
    }
    print(json.dumps({"bench": "forecast", "cpu_s": took_s, "n": repeats, "hours": means}))


def time_large() -> None:
    """Tell what each way to steer costs by itself, and all of them together."""
    ways = variants(LARGE)
    alone_s: dict[str, float] = {}
    for name, plan in ways.items():
        alone_s[name], (found,) = timed({name: plan})
        print(f"{name:<12} {alone_s[name]:6.1f} s of a core, {found.updates.mean:.0f} updates")
    together_s, _ = timed(ways)
    print(f"{'together':<12} {together_s:6.1f} s of a core, {len(ways)} ways")
    print(json.dumps({"bench": "forecast --large", "cpu_s": together_s, "alone": alone_s}))


def timed(ways: Mapping[str, Plan]) -> tuple[float, list[Forecast]]:
    """Live once through a large campaign in several ways; gives the seconds of a core."""
    began_s = time.process_time()
    found = list(forecasts(ways, OF_AN_HOUR, repeats=1, seed=0))
    return time.process_time() - began_s, found


if __name__ == "__main__":
    bench()
