"""What every step of steering pays to be watched, deep in a campaign.

    python bench/progress.py [--n 100000] [--steps 100] [--step-ms 10]

Each step commits something and lasts as long as with some outcomes. The peer measures the progress
at every step, as the program did at first.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
from side_by_side import Comparison, by_turns, conclude
from start import write_campaign

from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.loop.session import Application
from molsteer.steering.policy.codecs.plan_codec import plan_from
from molsteer.steering.policy.state import Standing, State
from molsteer.steering.records.progress import measure


@click.command()
@click.option("--n", default=100_000, show_default=True, help="Labels of the campaign.")
@click.option("--steps", default=1000, show_default=True, help="Steps of a turn.")
@click.option("--step-ms", default=10.0, show_default=True, help="How long the rest of a step is.")
@click.option("--turns", default=3, show_default=True, help="How often each is measured.")
def bench(n: int, steps: int, step_ms: float, turns: int) -> None:
    """Measure milliseconds of processor for each step."""
    with tempfile.TemporaryDirectory(prefix="molsteer-bench-") as name:
        write_campaign(Path(name), n)
        with closing(Ledger(Path(name))) as ledger:
            watched = application(ledger, n)
            look = partial(measure, ledger, activity="", now=1e9)
            ours, peer = by_turns(
                lambda: step_costs_ms(watched._progress_now, ledger, steps, step_ms),
                lambda: step_costs_ms(look, ledger, steps // 50, step_ms),
                turns,
            )
    conclude(Comparison("progress", "a step, to be watched", ours, peer, "ms of processor", n))


def application(ledger: Ledger, labels: int) -> Application:
    """Make of an application what shows how far it is."""
    state = State(plan_from(ledger.fact("plan")), levels=(Standing(successes=labels),))
    campaign: Any = SimpleNamespace(ledger=ledger, state=state, finished=None, draining=False)
    settings: Any = SimpleNamespace(policy=SimpleNamespace(starter="random"))
    return Application(settings, campaign, None, None, SimpleNamespace())  # type: ignore[arg-type]


def step_costs_ms(watch: Any, ledger: Ledger, steps: int, step_ms: float) -> float:
    """Give what watching costs a step."""
    spent_s = 0.0
    for step in range(steps):
        with ledger.transaction(lasting=False):
            ledger.set_fact("bench", step)
        time.sleep(step_ms / 1e3)
        began_s = time.process_time()
        watch()
        spent_s += time.process_time() - began_s
    return 1e3 * spent_s / steps


if __name__ == "__main__":
    bench()
