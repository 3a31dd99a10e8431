"""What steering needs in memory, and how long it takes to go on, deep in a large campaign.

    PYTHONPATH=tests python bench/steering_memory.py [--molecules 1000000] [--results 100000]

Plays a campaign through the real ledger, policy, space and stores, with workers that do arithmetic;
then goes on with it in a new process, as after a crash, and measures that one.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
from support.synthetic_space import synthetic_space
from support.toy_campaign import ToyCampaign, toy_plan

from molsteer.shared.blobs.file_connector import FileConnector
from molsteer.shared.blobs.proxied import ProxiedBlobs
from molsteer.steering.control.requests import Inbox
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.loop.dispatching import Dispatching
from molsteer.steering.loop.intake import Intake
from molsteer.steering.loop.loop import Campaign
from molsteer.steering.policy.plan import Plan
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.start.identity import facts_of

SLOTS = 1_000


def memory_mb() -> dict[str, int]:
    """Tell how much this process holds, how much of that is its own, and the most it ever held."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    names = {"resident": "VmRSS", "own": "RssAnon", "peak": "VmHWM"}
    return {name: int(status[field].split()[0]) // 1024 for name, field in names.items()}


def plan_for(space: SearchSpace, results: int, retrain_after: int) -> Plan:
    """Learn from every so many labels, and keep enough candidates until the next time."""
    return toy_plan(
        space,
        budget=2 * results,
        slots_simulate=SLOTS,
        slots_infer=4,
        buffer=0,
        shortlist=retrain_after,
        first_training_after=retrain_after,
        retrain_after=retrain_after,
    )


def steering(toy: ToyCampaign) -> Campaign:
    """Put steering together on a run directory."""
    settings = CampaignSettings.model_validate(
        {
            "campaign": {"space": toy.space.folder, "budget": toy.plan.budget},
            "policy": {"shortlist": toy.plan.shortlist},
            "stores": {"simulate": "file", "train": "file", "infer": "file"},
        }
    )
    ledger = Ledger(toy.folder, create=True)
    dispatching = Dispatching("memory", settings, toy.folder, toy.space, ledger, toy.blobs)
    toy.searched = lambda: dispatching.space
    campaign = Campaign(
        ledger=ledger,
        bus=toy.bus,
        dispatching=dispatching,
        intake=Intake(
            toy.folder, toy.space, ledger, toy.blobs, settings.outputs, settings.objectives
        ),
        inbox=Inbox(toy.folder, ledger),
        clock=toy.clock,
        lost_after_s=5.0,
    )
    starters = random.Random(0).sample(range(len(toy.space)), toy.plan.shortlist)
    campaign.begin(toy.plan, lambda: starters, (), facts_of(settings))
    return campaign


def opened(folder: Path, results: int, retrain_after: int) -> ToyCampaign:
    """Open the space and the stores of a folder."""
    space = SearchSpace.open(folder / "space")
    blobs = ProxiedBlobs({"file": FileConnector(folder / "objects")}, 16, 0.0)
    (folder / "run").mkdir(exist_ok=True)
    plan = plan_for(space, results, retrain_after)
    return ToyCampaign(folder / "run", space, plan, blobs=blobs)


def play(folder: Path, results: int, retrain_after: int) -> Iterator[dict[str, object]]:
    """Play a campaign until so many results are there."""
    toy, begun_s = opened(folder, results, retrain_after), time.perf_counter()
    yield {"stage": "space opened"} | memory_mb()
    campaign = steering(toy)
    milestones = iter((results // 10, results // 2, results))
    milestone = next(milestones)
    while campaign.state.successes < results:
        campaign.step(0.0)
        if campaign.state.successes >= milestone:
            passed_s = round(time.perf_counter() - begun_s)
            yield {"stage": f"{milestone} results", "passed_s": passed_s} | memory_mb()
            milestone = next(milestones, results + 1)
        toy.work()
    campaign.ledger.close()


def go_on(folder: Path, results: int, retrain_after: int) -> Iterator[dict[str, object]]:
    """Begin again where `play` was cut off, and publish what is due."""
    yield {"stage": "imported"} | memory_mb()
    toy, begun_s = opened(folder, results, retrain_after), time.perf_counter()
    yield {"stage": "space opened"} | memory_mb()
    campaign = steering(toy)
    resume_s = round(time.perf_counter() - begun_s, 1)
    yield {"stage": "resumed", "resume_s": resume_s} | memory_mb()
    while campaign.state.successes < results + 2 * retrain_after:
        campaign.step(0.0)
        toy.work()
    yield {"stage": "after two more updates"} | memory_mb()
    with closing(campaign.ledger) as ledger:
        events, event_bytes = ledger.connection.execute(
            "SELECT count(*), sum(length(body)) FROM event"
        ).fetchone()
    yield {"events": events, "journal_mb": event_bytes // 2**20, "resume_s": resume_s} | memory_mb()


@click.command()
@click.option("--molecules", default=1_000_000, show_default=True)
@click.option("--results", default=100_000, show_default=True)
@click.option("--chunk-size", default=50_000, show_default=True)
@click.option("--retrain-after", default=5_000, show_default=True)
@click.option("--resume", type=click.Path(path_type=Path), hidden=True)
def bench(
    molecules: int, results: int, chunk_size: int, retrain_after: int, resume: Path | None
) -> None:
    """Print what steering holds at each stage, in MB; the last line sums the resumed one up."""
    if resume:
        for line in go_on(resume, results, retrain_after):
            print(json.dumps(line), flush=True)
        return
    # Memory is measured, not the disk: where there is one without fsync, it is used.
    in_memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
    with tempfile.TemporaryDirectory(dir=in_memory) as temporary:
        folder = Path(temporary)
        synthetic_space(folder / "space", molecules, chunk_size)
        for line in play(folder, results, retrain_after):
            print(json.dumps(line), flush=True)
        sizes = ["--results", str(results), "--retrain-after", str(retrain_after)]
        subprocess.run([sys.executable, __file__, *sizes, "--resume", folder], check=True)


if __name__ == "__main__":
    bench()
