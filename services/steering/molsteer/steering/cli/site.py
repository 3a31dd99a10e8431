"""`molsteer site`: workers at a site, up and down."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from molsteer.shared.cli.offering import offered
from molsteer.shared.cli.options import as_json
from molsteer.shared.cli.saying import say
from molsteer.shared.cli.suggesting import Choice, Commands
from molsteer.shared.foreign_text import shell_word

if TYPE_CHECKING:
    from molsteer.steering.sites.managed import ManagedSite, Told


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
    type=Choice(["slurm", "pbs", "lsf", "globus-compute", "none"]),
    required=True,
    help="Who starts the jobs; none starts workers on this machine, and globus-compute has an "
    "endpoint of Globus Compute start them.",
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
def login(name: str) -> None:
    """Log in to Globus on this machine, for the site NAME whose blocks an endpoint starts.

    Shows the address of a page, and asks for the code that is shown there. It is the login of
    Globus Compute's own programs; where nobody can log in, set GLOBUS_COMPUTE_CLIENT_ID and
    GLOBUS_COMPUTE_CLIENT_SECRET instead.

    \b
    Example:
      molsteer site login mycluster
    """
    from molsteer.steering.sites.profile import load_profile

    _, profile = load_profile(name)
    if profile.site.scheduler != "globus-compute":
        say(f"The site {name} needs no login.")
        return
    from molsteer.steering.sites.schedulers.globus_service import log_in

    log_in()
    say("Logged in to Globus.")


@site.command()
@_name
def render(name: str) -> None:
    """Show the job scripts of the site NAME, or its manifests; nothing is submitted.

    \b
    Example:
      molsteer site render mycluster
    """
    for text in _open(name).rendered():
        say(text)


@site.command()
@_name
def up(name: str) -> None:
    """Bring up server and workers of the site NAME.

    Starts or finds Redis, makes users and keys, and submits as many blocks as min_blocks says. In a
    Kubernetes cluster, everything of the overlay is brought up, the campaign included.

    \b
    Example:
      molsteer site up mycluster
    """
    site = _open(name)
    site.up()
    _show(site.told())
    say(site.next_step)


@site.command()
@_name
@as_json
def status(name: str, *, as_json: bool) -> None:
    """Show what of the site NAME runs where, and what waits why.

    \b
    Example:
      molsteer site status mycluster
    """
    found = _open(name).told()
    if as_json:
        say(json.dumps(found.document()))
    else:
        _show(found)


@site.command()
@_name
@click.argument("wanted", nargs=-1, required=True, metavar="SERVICE=NUMBER...")
def scale(name: str, wanted: tuple[str, ...]) -> None:
    """Have other numbers of blocks or pods at the site NAME from now on.

    Blocks that wait are cancelled first; what runs in others goes back to the queues.

    \b
    Example:
      molsteer site scale mycluster simulator=4 trainer=1
    """
    site = _open(name)
    site.scale(dict(map(_wanted, wanted)))
    _show(site.told())


@site.command()
@_name
@click.argument("service", required=False)
@click.option(
    "-n", "--lines", type=click.IntRange(min=1), default=20, show_default=True, help="Of each log."
)
def logs(name: str, service: str | None, lines: int) -> None:
    """Show what the server and the blocks or pods of the site NAME said last.

    \b
    Example:
      molsteer site logs mycluster simulator -n 50
    """
    for line in _open(name).logs(service, lines):
        say(line)


@site.command()
@_name
def down(name: str) -> None:
    """Cancel all blocks of the site NAME, stop its server and remove its secrets; logs stay.

    Of a Kubernetes cluster, the volumes with results and queues stay.

    \b
    Example:
      molsteer site down mycluster
    """
    say(_open(name).down())


def _open(name: str) -> ManagedSite:
    from molsteer.steering.sites.opening import open_site

    return open_site(name)


def _wanted(text: str) -> tuple[str, int]:
    service, _, number = text.partition("=")
    if not re.fullmatch("[0-9]{1,6}", number):
        raise click.BadParameter(f"{text!r} is not SERVICE=NUMBER, as in simulator=4.")
    return service, int(number)


def _show(found: Told) -> None:
    for line in found.lines():
        say(line)
