"""`molsteer pause`, `resume`, `stop` and `set`: control of a campaign from another terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from molsteer.shared.cli.offering import offered
from molsteer.shared.cli.saying import say

if TYPE_CHECKING:
    from molsteer.steering.control.requests import Request

_run_dir = click.argument("run_dir", type=click.Path(path_type=Path))


@click.command()
@_run_dir
def pause(run_dir: Path) -> None:
    """Let nothing new begin in the campaign in RUN_DIR; what runs goes on.

    The campaign stays paused, also over a restart, until `molsteer resume`.

    \b
    Example:
      molsteer pause runs/quickstart
    """
    from molsteer.steering.control.requests import Request

    _ask(run_dir, Request(action="pause"))


@click.command()
@_run_dir
def resume(run_dir: Path) -> None:
    """Let the campaign in RUN_DIR go on after a pause or a stop.

    Where nobody steers, `molsteer continue` does the same and steers. A campaign that reached its
    budget wants a larger one first.

    \b
    Examples:
      molsteer resume runs/quickstart
      molsteer set runs/quickstart budget=400 && molsteer continue runs/quickstart
    """
    from molsteer.steering.control.requests import Request

    _ask(run_dir, Request(action="resume"))


@click.command()
@_run_dir
@click.option("--now", is_flag=True, help="Cancel running simulations instead of waiting for them.")
def stop(run_dir: Path, *, now: bool) -> None:
    """End the campaign in RUN_DIR when its running simulations have ended.

    Updates of the models are cancelled at once. Nothing is lost: `molsteer continue` goes on with
    it, cancelled simulations first.

    \b
    Examples:
      molsteer stop runs/quickstart
      molsteer stop runs/quickstart --now
    """
    from molsteer.steering.control.requests import Request

    _ask(run_dir, Request(action="stop-now" if now else "stop"))


def _offer_changes(
    context: click.Context, _argument: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    """Offer what can be changed, and behind `NAME=` the values of settings that know theirs."""
    from molsteer.steering.settings.changes import assignments, choices

    # Bash takes NAME=VALUE for three words, and click leaves the second one out at times.
    *_, last = [word for word in context.params["changes"] or () if word != "="] or [""]
    return offered(lambda: choices(last) or assignments(incomplete), incomplete)


@click.command("set")
@_run_dir
@click.argument(
    "changes", nargs=-1, required=True, metavar="NAME=VALUE...", shell_complete=_offer_changes
)
def set_(run_dir: Path, changes: tuple[str, ...]) -> None:
    """Change settings of the campaign in RUN_DIR from now on, also over restarts.

    What can be changed: hit_above, hit_below or hit_within, the threshold of the leading
    objective, and PROPERTY.hit_above of another one; PROPERTY.limit_above and limit_below, which
    molecules have to keep to be hits; budget; slots.simulate, slots.train and slots.infer, where 0
    lets nothing new of the kind begin; buffer, shortlist, retrain_after, during_update,
    acquisition, beta, control_share, attempts and failure_limit.

    \b
    Examples:
      molsteer set runs/quickstart slots.simulate=8 policy.beta=2
      molsteer set runs/quickstart budget=400 during_update=pause
      molsteer set runs/quickstart hit_above=14.8
    """
    from molsteer.steering.control.requests import Request
    from molsteer.steering.run_directory import public_settings
    from molsteer.steering.settings.changes import changed, read_changes
    from molsteer.steering.settings.thresholds import is_threshold, read_thresholds
    from molsteer.steering.sites.plugins import check_plugins

    wanted = read_changes([each for each in changes if not is_threshold(each)])
    settings = public_settings(run_dir)
    hits = read_thresholds(
        [each for each in changes if is_threshold(each)], settings.objectives, settings.limits
    )
    check_plugins(changed(settings, wanted))
    _ask(run_dir, Request(action="set", changes=wanted, thresholds=hits))


def _ask(run_dir: Path, request: Request) -> None:
    from molsteer.steering.control.asking import ask

    say(ask(run_dir, request))
