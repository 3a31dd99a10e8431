"""`molsteer site`: workers at a site, up and down."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from molsteer.shared.cli.offering import offered
from molsteer.shared.cli.options import as_json
from molsteer.shared.cli.saying import say
from molsteer.shared.cli.suggesting import Choice, Commands
from molsteer.shared.foreign_text import one_line, shell_word
from molsteer.shared.suggestions import did_you_mean
from molsteer.shared.wording import counted

if TYPE_CHECKING:
    from molsteer.shared.wire.topics import Topic
    from molsteer.steering.sites.deployment.overview import Overview, ServiceOverview
    from molsteer.steering.sites.schedulers.port import Job


def _offer_sites(
    _context: click.Context, _argument: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    from molsteer.steering.sites.profile import PROFILES

    return offered(lambda: sorted(file.stem for file in PROFILES.glob("*.toml")), incomplete)


_name = click.argument("name", shell_complete=_offer_sites)


@click.group(cls=Commands)
def site() -> None:
    """Bring workers up and down at a site, as its profile says.

    A profile is deploy/sites/NAME.toml, or a file of another folder that ends in .toml. Doing
    something twice is doing it once; what was interrupted goes on with the same command.

    \b
    Examples:
      molsteer site init mycluster --scheduler slurm
      molsteer site render mycluster
      molsteer site up mycluster
      molsteer run campaign.toml --site mycluster
    """


@site.command()
@click.argument("name")
@click.option(
    "--scheduler",
    type=Choice(["slurm", "pbs", "lsf", "none"]),
    required=True,
    help="Who starts the jobs; none starts workers on this machine.",
)
def init(name: str, scheduler: str) -> None:
    """Write the profile deploy/sites/NAME.toml, with the reason of each value.

    \b
    Example:
      molsteer site init mycluster --scheduler slurm
    """
    from pydantic import TypeAdapter

    from molsteer.steering.sites.annotated import write_profile
    from molsteer.steering.sites.sections import SchedulerName

    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name) or name.endswith(".toml"):
        raise click.BadParameter("write letters, digits, hyphens and underscores.", param_hint=name)
    chosen: SchedulerName = TypeAdapter(SchedulerName).validate_python(scheduler)
    file = write_profile(name, chosen)
    say(f"Written: {file}. Look into it, then: molsteer site render {shell_word(name)}")


@site.command()
@_name
def render(name: str) -> None:
    """Show the job scripts of the site NAME; nothing is submitted.

    \b
    Example:
      molsteer site render mycluster
    """
    from molsteer.steering.sites.deployment.deployment import open_deployment

    for text in open_deployment(name).scripts().values():
        say(text)


@site.command()
@_name
def up(name: str) -> None:
    """Bring up server and workers of the site NAME.

    Starts or finds Redis, makes users and keys, and submits as many blocks as min_blocks says.

    \b
    Example:
      molsteer site up mycluster
    """
    from molsteer.steering.sites.deployment.deployment import open_deployment
    from molsteer.steering.sites.deployment.overview import overview

    deployment = open_deployment(name)
    deployment.up(keep=True)
    _show(overview(deployment))
    word = shell_word(name)
    say(f"Steer a campaign there with: molsteer run campaign.toml --site {word}")


@site.command()
@_name
@as_json
def status(name: str, *, as_json: bool) -> None:
    """Show what of the site NAME runs where, and what waits why.

    \b
    Example:
      molsteer site status mycluster
    """
    from molsteer.steering.sites.deployment.deployment import open_deployment
    from molsteer.steering.sites.deployment.overview import overview

    found = overview(open_deployment(name))
    if as_json:
        say(json.dumps(found.document()))
    else:
        _show(found)


@site.command()
@_name
@click.argument("wanted", nargs=-1, required=True, metavar="SERVICE=BLOCKS...")
def scale(name: str, wanted: tuple[str, ...]) -> None:
    """Have other numbers of blocks at the site NAME from now on; services are as in its profile.

    Blocks that wait are cancelled first; what runs in others goes back to the queues.

    \b
    Example:
      molsteer site scale mycluster simulator=4 trainer=1
    """
    from molsteer.steering.sites.deployment.deployment import open_deployment
    from molsteer.steering.sites.deployment.overview import overview

    deployment = open_deployment(name)
    deployment.scale(dict(map(_wanted, wanted)))
    _show(overview(deployment))


@site.command()
@_name
@click.argument("service", required=False)
@click.option(
    "-n", "--lines", type=click.IntRange(min=1), default=20, show_default=True, help="Of each log."
)
def logs(name: str, service: str | None, lines: int) -> None:
    """Show what the server and the blocks of the site NAME said last.

    \b
    Example:
      molsteer site logs mycluster simulator -n 50
    """
    from molsteer.steering.sites.deployment.deployment import open_deployment

    folder = open_deployment(name).place.logs
    pattern = f"{_topic(service)}-*.out" if service else "*"
    files = sorted(folder.glob(pattern), key=lambda file: file.stat().st_mtime)
    if not files:
        say(f"There are no logs in {folder}.")
    for file in files:
        say(f"{file}:")
        for line in _last(file, lines):
            say(f"  {line}")


@site.command()
@_name
def down(name: str) -> None:
    """Cancel all blocks of the site NAME, stop its server and remove its secrets; logs stay.

    \b
    Example:
      molsteer site down mycluster
    """
    from molsteer.steering.sites.deployment.deployment import open_deployment

    deployment = open_deployment(name)
    cancelled = deployment.down()
    say(
        f"{name} is down: {counted(len(cancelled), 'block')} cancelled. Logs: "
        f"{deployment.place.logs}"
    )


def _wanted(text: str) -> tuple[Topic, int]:
    service, _, number = text.partition("=")
    if not re.fullmatch("[0-9]{1,6}", number):
        raise click.BadParameter(f"{text!r} is not SERVICE=BLOCKS, as in simulator=4.")
    return _topic(service), int(number)


def _topic(service: str) -> Topic:
    from molsteer.steering.sites.profile import SERVICES

    topics = {name: topic for topic, name in SERVICES.items()}
    if service not in topics:
        hint = did_you_mean(service, topics) or f" There are: {', '.join(topics)}."
        raise click.BadParameter(f"There is no service {service!r}.{hint}")
    return topics[service]


def _last(file: Path, count: int) -> Iterator[str]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        yield from (line.rstrip("\n") for line in deque(lines, count))


def _show(found: Overview) -> None:
    say(f"{found.site}: Redis at {found.server}, folder {found.folder}")
    if found.trouble:
        say(f"  {found.trouble}")
    for service in found.services:
        say(f"{service.service}: {', '.join(_facts(service))}")
        lines = [f"{job.id} {_told(job)}" for job in service.jobs]
        lines += [f"{block} ended; said last: {said or 'nothing'}" for block, said in service.ended]
        for line in lines:
            say(f"  {one_line(line)}")


def _facts(service: ServiceOverview) -> Iterator[str]:
    yield f"{counted(len(service.jobs), 'block')} of {service.wanted} wanted"
    if service.workers is not None:
        yield f"{counted(service.workers, 'worker')} ready"
    if service.tasks is not None:
        yield counted(service.tasks, "task")


def _told(job: Job) -> str:
    from molsteer.shared.worker.job_end import local

    match job.state:
        case "waiting":
            return f"waits: {job.why or 'the scheduler does not say why'}"
        case "ending":
            return f"ends, on {job.host}" if job.host else "ends"
        case "running":
            until = "" if job.ends_at is None else f", until {local(job.ends_at)}"
            return f"runs on {job.host or 'a node'}{until}{f' ({job.why})' if job.why else ''}"
