"""`molsteer dead list`, `show` and `retry`: what a campaign gave up because it harmed workers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from molsteer.shared.cli.offering import offered
from molsteer.shared.cli.options import as_json
from molsteer.shared.cli.saying import say
from molsteer.shared.cli.suggesting import Commands
from molsteer.shared.foreign_text import one_line
from molsteer.shared.wording import counted
from molsteer.steering.records.titles import title

if TYPE_CHECKING:
    from molsteer.steering.records.dead_tasks import Attempt, DeadTask

_run_dir = click.argument("run_dir", type=click.Path(path_type=Path))


def _offer_tasks(
    context: click.Context, _argument: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    return offered(
        lambda: (task.task_id for task in _dead_tasks(context.params["run_dir"])), incomplete
    )


@click.group(cls=Commands)
def dead() -> None:
    """List, show and retry tasks that kept killing their worker.

    Such a task is given up after `policy.max_starts` starts, and the campaign goes on without it.
    """


@dead.command("list")
@_run_dir
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file that names the server in place of the run directory.",
)
@as_json
def list_(run_dir: Path, config_file: Path | None, *, as_json: bool) -> None:
    """List the dead tasks of the campaign in RUN_DIR, and messages that nobody could read.

    The messages are those of all campaigns on the campaign's server; an embedded server keeps none
    after its campaign.

    \b
    Examples:
      molsteer dead list runs/quickstart
      molsteer dead list runs/quickstart --json
    """
    from molsteer.shared.errors import ServiceUnavailable
    from molsteer.steering.cli.letters import letters_of

    tasks = _dead_tasks(run_dir)
    try:
        letters, unknown = letters_of(run_dir, config_file), None
    except ServiceUnavailable as error:
        letters, unknown = [], str(error)
    if as_json:
        messages = None if unknown else [letter.model_dump() for letter in letters]
        document = {"tasks": [asdict(task) for task in tasks], "unreadable_messages": messages}
        say(json.dumps(document))
        return
    for task in tasks:
        say(_line(task))
    for letter in letters:
        say(f"{_time(letter.at)}  unreadable message: {one_line(letter.reason)}")
    if unknown:
        say(f"Unreadable messages are not known. {unknown}")
    elif not tasks and not letters:
        say("Nothing is dead.")


@dead.command()
@_run_dir
@click.argument("task_id", shell_complete=_offer_tasks)
@as_json
def show(run_dir: Path, task_id: str, *, as_json: bool) -> None:
    """Show what was tried for the dead task TASK_ID of the campaign in RUN_DIR.

    The logs of the workers name every start, and what the system said when the process died.

    \b
    Example:
      molsteer dead show runs/quickstart simulate/17/xtb/1
    """
    task = _find(run_dir, task_id)
    if as_json:
        say(json.dumps(asdict(task)))
        return
    say(task.smiles or task.topic)
    for attempt in task.attempts:
        say(f"{attempt.task_id}: {', '.join(_facts(attempt))}")
        if attempt.message:
            say(f"  {one_line(attempt.message)}")


@dead.command()
@_run_dir
@click.argument(
    "task_ids", nargs=-1, required=True, metavar="TASK_ID...", shell_complete=_offer_tasks
)
def retry(run_dir: Path, task_ids: tuple[str, ...]) -> None:
    """Try the molecules of dead simulations of the campaign in RUN_DIR anew.

    Each gets as many attempts as a new one. A campaign that has ended goes on with the same
    `molsteer run` command, if its budget is not reached.

    \b
    Example:
      molsteer dead retry runs/quickstart simulate/17/xtb/1 simulate/23/xtb/1
    """
    from molsteer.steering.control.asking import ask
    from molsteer.steering.control.requests import Request
    from molsteer.steering.errors import RequestRefused

    tasks = [_find(run_dir, task_id) for task_id in task_ids]
    molecules = tuple(task.molecule for task in tasks if task.molecule is not None)
    if len(molecules) < len(tasks):
        reason = "Only simulations are tried anew: the next update trains and scores by itself."
        raise RequestRefused(run_dir, reason)
    say(ask(run_dir, Request(action="retry", molecules=molecules)))


def _dead_tasks(run_dir: Path) -> list[DeadTask]:
    from molsteer.steering.ledger.ledger import Ledger
    from molsteer.steering.records.dead_tasks import dead_tasks

    with closing(Ledger(run_dir, read_only=True)) as ledger:
        return dead_tasks(ledger)


def _find(run_dir: Path, task_id: str) -> DeadTask:
    from molsteer.steering.errors import NotDead

    for task in _dead_tasks(run_dir):
        if task.task_id == task_id:
            return task
    raise NotDead(run_dir, task_id)


def _line(task: DeadTask) -> str:
    last, name = task.last, title(task.own)
    called = f" ({name})" if name else ""
    return (
        f"{_time(last.ended_at)}  {task.task_id}  {task.smiles or task.topic}{called}  "
        f"{counted(last.starts, 'start')}, {counted(len(task.attempts), 'attempt')}, "
        f"last on {one_line(str(last.worker))}"
    )


def _facts(attempt: Attempt) -> Iterator[str]:
    yield from (str(attempt.status), counted(attempt.starts, "start"))
    yield f"ordered {_time(attempt.created_at)}"
    if attempt.dispatched_at is not None:
        yield f"published {_time(attempt.dispatched_at)}"
    if attempt.ended_at is not None:
        yield f"ended {_time(attempt.ended_at)} on {one_line(str(attempt.worker))}"


def _time(at: float | None) -> str:
    if at is None:
        return "never"
    return datetime.fromtimestamp(at).astimezone().isoformat(" ", "seconds")
