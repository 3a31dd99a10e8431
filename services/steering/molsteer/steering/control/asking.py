"""Asks something of a campaign, and tells what came of it."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import assert_never

from molsteer.shared.foreign_text import shell_word
from molsteer.steering.control.requests import Request, answer_to, drop
from molsteer.steering.control.thresholds import limits_of, objectives_of
from molsteer.steering.errors import RequestRefused
from molsteer.steering.ledger.additions import of_request, told
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.steering_lock import is_held
from molsteer.steering.ledger.tasks import awaited
from molsteer.steering.settings.thresholds import check_thresholds

PATIENCE_S = 5.0
LOOK_EVERY_S = 0.05


def ask(run_dir: Path, request: Request, patience_s: float = PATIENCE_S) -> str:
    """Ask, wait for the steering process to take it up, and say in a sentence what happened.

    Raises:
        NoCampaign: If the folder holds no campaign.
        RequestRefused: If the request cannot be written, or steering cannot do it.
        SettingsError: If thresholds exclude each other, which nobody would tell of a campaign that
            rests.
    """
    with closing(Ledger(run_dir, read_only=True)) as ledger:
        if request.thresholds and (objectives := objectives_of(ledger)):
            check_thresholds(request.thresholds, objectives, limits_of(ledger))
        try:
            name = drop(run_dir, request)
        except OSError as error:
            raise RequestRefused(run_dir, f"Nothing can be written there: {error}.") from None
        deadline = time.monotonic() + (0.0 if is_held(run_dir) is False else patience_s)
        while (refusal := answer_to(ledger, name)) is None and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
        if refusal:
            raise RequestRefused(run_dir, refusal)
        if refusal is None:
            return _pending(run_dir, ledger)
        return _added(name, ledger) if request.addition else _done(request, ledger)


def _pending(run_dir: Path, ledger: Ledger) -> str:
    match is_held(run_dir):
        case True:
            return "The steering process is busy; it takes the request up when it is done."
        case None:
            return "No steering process took the request up yet; the next one does, if none runs."
    state = f"has ended ({ended})" if (ended := ledger.fact("finished")) else "is not running"
    goes_on = f"molsteer continue {shell_word(run_dir)}"
    return f"The campaign {state}; the request counts when it goes on: {goes_on}"


def _done(request: Request, ledger: Ledger) -> str:
    if ended := ledger.fact("finished"):
        return f"The campaign has ended: {ended}."
    match request.action:
        case "pause":
            return f"Paused: nothing new begins, and {_in_flight(ledger)}."
        case "resume":
            return "The campaign goes on."
        case "stop" | "stop-now":
            return f"Stopping: {_in_flight(ledger)}."
        case "set":
            now = {**request.changes, **request.thresholds}
            return "\n".join(f"{name} = {value}" for name, value in now.items())
        case "retry":
            return "They wait for their next attempt."
        case "add-labels" | "add-molecules":
            return "Added."
        case _:
            assert_never(request.action)


def _added(name: str, ledger: Ledger) -> str:
    added = of_request(ledger, name)
    return f"Added: {told(added)}." if added else "Nothing was added."


def _in_flight(ledger: Ledger) -> str:
    count = len(awaited(ledger))
    return f"{count} published {'task goes' if count == 1 else 'tasks go'} on to the end"
