"""`molsteer worker`."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from molsteer.shared.cli.options import Verbosity, verbosity
from molsteer.shared.cli.saying import say
from molsteer.shared.cli.suggesting import Choice
from molsteer.shared.cli.working.flags import WorkerCommand
from molsteer.shared.host import processes as own_process
from molsteer.shared.host.cores import usable_cores
from molsteer.shared.host.threads import hold_to_one_thread
from molsteer.shared.wire.topics import DEFAULT_POOL, SERVING, TOPICS, Topic
from molsteer.shared.worker.walltime import JOB_END_VARIABLE, MARGIN_S, Walltime

if TYPE_CHECKING:
    from molsteer.shared.worker.plan import WorkerPlan

_LOG_LEVELS: Mapping[Verbosity, str] = {"quiet": "error", "verbose": "debug"}


def _check_pool(_context: click.Context, _option: click.Parameter, name: str) -> str:
    from molsteer.shared.settings.sections import POOL_NAME

    if not re.fullmatch(POOL_NAME, name):
        raise click.BadParameter("write letters, digits, hyphens and underscores, at most 63.")
    return name


def _check_site(_context: click.Context, _option: click.Parameter, name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{0,63}", name):
        raise click.BadParameter(
            "write letters, digits, dots, hyphens and underscores, at most 63."
        )
    return name


@click.command(cls=WorkerCommand)
@click.argument("topic", type=Choice(TOPICS))
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    help="Tasks that run at a time, each in a process of its own.  "
    "[default: one for each usable core for simulate, else 1]",
)
@click.option(
    "--pool",
    metavar="NAME",
    default=DEFAULT_POOL,
    show_default=True,
    callback=_check_pool,
    help="Pool this worker belongs to; it takes the tasks of campaigns whose [TOPIC] pool it is.",
)
@click.option(
    "--site",
    metavar="NAME",
    default="",
    callback=_check_site,
    help="Name of the site that this worker runs at, for the figures of machines and data.",
)
@click.option(
    "--block",
    metavar="NAME",
    default="",
    callback=_check_site,
    help="Block that this worker is, as whoever steers announced it; the worker ends when it is "
    "not wanted any more. `molsteer site` gives it where no scheduler can end blocks.",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A campaign's TOML file; only [queue] and [stores] are read.",
)
@click.option(
    "--until",
    metavar="TIME",
    help="When this worker's batch job ends: a moment in ISO 8601, local unless it names its zone, "
    "+SECONDS or +HH:MM:SS from now, or never. Tasks that will not fit are left to others.  "
    f"[default: {JOB_END_VARIABLE}, else what Slurm or PBS tell]",
)
@click.option(
    "--expected-task-s",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Seconds that a task takes at least; what the worker measures counts where it is more.",
)
@click.option(
    "--margin-s",
    type=click.FloatRange(min=0),
    default=MARGIN_S,
    show_default=True,
    help="Seconds before its end at which the worker hands back what still runs.",
)
@click.option(
    "--handler",
    metavar="MODULE:FUNCTION",
    help="Function that builds what does the work, instead of the installed service's.",
)
@click.option(
    "--log-level",
    type=Choice(["debug", "info", "warning", "error"]),
    default="warning",
    show_default=True,
    help="The least that is logged: --quiet means error, and --verbose debug.",
)
@click.option(
    "--log-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where JSON lines are added instead of written to standard error.",
)
@click.option(
    "--die-with-parent",
    type=int,
    metavar="PID",
    help="End when the process PID ends, which started this one.",
)
@click.option(
    "--alive",
    is_flag=True,
    help="Tell instead whether the workers of this user on this machine live and get on; of TOPIC "
    "alone if it is given. Exit status 1 if not.",
)
@verbosity
def worker(
    topic: Topic,
    processes: int | None,
    pool: str,
    site: str,
    block: str,
    config_file: Path | None,
    until: str | None,
    expected_task_s: float,
    margin_s: float,
    handler: str | None,
    log_level: str,
    log_file: Path | None,
    die_with_parent: int | None,
    verbosity: Verbosity,
    *,
    alive: bool,  # noqa: ARG001 - `WorkerCommand` has looked at it
    **flags: str | None,
) -> None:
    """Work on one TOPIC's tasks until told to stop.

    Settings come from flags, then MOLSTEER_* variables, then the file. SIGTERM, Ctrl-C and a
    terminal that closes hand running tasks back to the queue at once. Where the worker knows the
    end of its batch job, it takes no task that will not fit, and ends by itself with status 0.

    \b
    Examples:
      molsteer worker simulate --processes 32
      molsteer worker train --config campaign.toml
      molsteer worker simulate --until +7200 --expected-task-s 60
      molsteer worker --alive
    """
    from molsteer.shared.cli.working.settings import by_table
    from molsteer.shared.settings.loading import load
    from molsteer.shared.settings.worker import WorkerSettings
    from molsteer.shared.wire.key_file import read_key_ring
    from molsteer.shared.worker.job_end import UnknownEnd, check_time_left, end_of_job

    if die_with_parent is not None:
        own_process.die_with_parent(die_with_parent)
    settings = load(WorkerSettings, config_file, by_table(flags))
    key_ring = read_key_ring(settings.queue.keys_file, topic)
    tell = _teller(verbosity, launched=die_with_parent is not None)
    # Whoever launched this worker ends it in time.
    environment = {} if die_with_parent is not None else os.environ
    ends_at = end_of_job(until, environment, time.time())
    if isinstance(ends_at, UnknownEnd):
        tell(str(ends_at))
        ends_at = None
    if ends_at is not None:
        check_time_left(ends_at, margin_s, time.time())
    _prepare_environment(topic)

    # Imported only now: some of these read the environment while they are imported.
    import platform
    import secrets

    from molsteer.shared.host.scratch import worker_folder
    from molsteer.shared.worker.celery.serve import serve
    from molsteer.shared.worker.handlers import find_handler
    from molsteer.shared.worker.plan import WorkerPlan

    plan = WorkerPlan.model_validate(
        {
            "topic": topic,
            "pool": pool,
            "site": site,
            "block": block,
            "processes": processes or _usual_processes(topic),
            "handler": find_handler(topic, handler),
            "node": f"{platform.node()}:{os.getpid()}:{secrets.token_hex(4)}",
            "scratch": worker_folder(),
            "queue": settings.queue,
            "stores": settings.stores,
            "log_level": _LOG_LEVELS.get(verbosity, log_level),
            "log_file": log_file,
            "walltime": None if ends_at is None else Walltime(ends_at, margin_s, expected_task_s),
            "key_ring": key_ring,
        }
    )
    declined = f"The block {block} is not wanted any more; this worker ends."
    sys.exit(serve(plan, greet=lambda: tell(_greeting(plan)), decline=lambda: tell(declined)))


def _teller(verbosity: Verbosity, *, launched: bool) -> Callable[[str], None]:
    """Give what tells a person something; whoever launched this worker does that itself."""

    def tell(text: str) -> None:
        if not launched and verbosity != "quiet":
            with suppress(OSError):  # the worker does not depend on who listens
                say(f"molsteer: {text}", err=True)

    return tell


def _greeting(plan: WorkerPlan) -> str:
    from molsteer.shared.settings.server_url import address
    from molsteer.shared.worker.job_end import local

    until = ""
    if plan.walltime is not None:
        until = f", until {local(plan.walltime.ends_at)}"
    return (
        f"This worker takes tasks of {plan.topic} for the pool {plan.pool!r} from Redis at "
        f"{address(plan.queue.redis_url)}, {plan.processes} at a time{until}."
    )


def _prepare_environment(topic: Topic) -> None:
    # Celery then answers SIGTERM by handing tasks back instead of waiting for them.
    os.environ["REMAP_SIGTERM"] = "SIGQUIT"
    if SERVING[topic].takes_one_core:
        hold_to_one_thread()


def _usual_processes(topic: Topic) -> int:
    return usable_cores() if SERVING[topic].takes_one_core else 1
