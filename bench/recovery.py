"""How soon a campaign goes on after it has lost a worker, Redis or steering.

    PYTHONPATH=tests python bench/recovery.py [--lease-s 10] [--rounds 3]

Everything is killed with -9 and started again at once by the same command, on this machine. Times
run from the kill to the next task that is settled; for a worker also to the moment when another
process begins the task that died with it. The last line is one JSON object of medians.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median

import click
from chaos.site import Post, Site, built
from chaos.verdict import Execution
from chaos.witness import Witness, executions
from support.synthetic_space import synthetic_space

MOLECULES = 20_000
LOOK_EVERY_S = 0.01
CALM = 40
"""Tasks that are settled in peace before something is lost."""


def until(site: Site, witness: Witness, condition: Callable[[], object]) -> None:
    """Keep the site running until something is true."""
    while not condition():
        site.keep_running()
        witness.look()
        time.sleep(LOOK_EVERY_S)


def calm(site: Site, witness: Witness) -> None:
    """Wait until the campaign has got on for a while."""
    enough = witness.settled + CALM
    until(site, witness, lambda: witness.settled >= enough)


def until_settled_s(site: Site, witness: Witness, lost_at_s: float) -> float:
    """Wait for the next task that is settled."""
    witness.look()
    before = witness.settled
    until(site, witness, lambda: witness.settled > before)
    return time.monotonic() - lost_at_s


def lose_worker(site: Site, witness: Witness) -> dict[str, float]:
    """Kill a worker, its pool included, in the middle of a long task."""
    post = site.posts[0]
    until(site, witness, lambda: at_work(site, post))
    (cut_off, *_) = at_work(site, post)
    for process in post.processes_there():
        process.kill()
    lost_at_s = time.monotonic()
    settled_s = until_settled_s(site, witness, lost_at_s)
    until(site, witness, lambda: began_again(site, cut_off))
    return {
        "worker_killed_next_settled_s": settled_s,
        "worker_killed_its_task_begins_again_s": began_again(site, cut_off)[0] - lost_at_s,
    }


def lose_redis(site: Site, witness: Witness) -> dict[str, float]:
    """Kill the server, and start it again with its data."""
    site.server.kill()
    lost_at_s = time.monotonic()
    site.server.start()
    return {"redis_restarted_next_settled_s": until_settled_s(site, witness, lost_at_s)}


def lose_steering(site: Site, witness: Witness) -> dict[str, float]:
    """Kill steering."""
    assert site.steering is not None
    site.steering.kill()
    site.steering.wait()
    lost_at_s = time.monotonic()
    return {"steering_restarted_next_settled_s": until_settled_s(site, witness, lost_at_s)}


def at_work(site: Site, post: Post) -> list[Execution]:
    """List what a worker has been doing for half a second, and has not ended."""
    pids = {process.pid for process in post.processes_there()}
    long_ago_s = time.monotonic() - 0.5
    return [
        execution
        for execution in executions(site.journal)
        if execution.process in pids
        and execution.ended_s is None
        and execution.began_s < long_ago_s
    ]


def began_again(site: Site, cut_off: Execution) -> list[float]:
    """Tell when the same work was begun later."""
    return [
        execution.began_s
        for execution in executions(site.journal)
        if execution.work == cut_off.work and execution.began_s > cut_off.began_s
    ]


@click.command()
@click.option("--lease-s", default=10.0, show_default=True)
@click.option("--rounds", default=3, show_default=True)
def bench(lease_s: float, rounds: int) -> None:
    """Lose each of them a few times."""
    times_s: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        space = synthetic_space(folder / "space", MOLECULES, MOLECULES)
        with built(folder, lease_s, space.folder, budget=MOLECULES) as site:
            witness = Witness(site.run_dir)
            for _ in range(rounds):
                for lose in (lose_worker, lose_redis, lose_steering):
                    calm(site, witness)
                    for name, time_s in lose(site, witness).items():
                        times_s[name].append(time_s)
                        print(f"{name:<40} {time_s:6.2f}")
    medians = {name: round(median(values), 2) for name, values in times_s.items()}
    print(json.dumps({"lease_s": lease_s, "rounds": rounds} | medians))


if __name__ == "__main__":
    bench()
