"""Runs checks so that none can break or hold up the others."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import entry_points
from multiprocessing.connection import Connection
from pathlib import Path

from molsteer.shared.doctor.check import Check, Contribution, Finding
from molsteer.shared.errors import MolsteerError, ServiceUnavailable, SettingsError
from molsteer.shared.host.processes import die_with_parent

log = logging.getLogger(__name__)

_GROUP = "molsteer.checks"


def installed_checks(file: Path | None) -> list[Check]:
    """Collect the checks of all installed packages.

    Args:
        file: A campaign's settings, or None for the environment's alone.

    Raises:
        SettingsError: If settings cannot be used; names the problems that any package sees.
    """
    checks: list[Check] = []
    refusals: list[SettingsError] = []
    # What two services share is offered by both, and looked at once.
    for point in {point.value: point for point in entry_points(group=_GROUP)}.values():
        contribution: Contribution = point.load()
        try:
            checks += contribution(file)
        except SettingsError as error:
            refusals.append(error)
    if refusals:
        problems = dict.fromkeys(problem for error in refusals for problem in error.problems)
        raise SettingsError(refusals[0].source, list(problems))
    return checks


def examine_all(
    checks: Iterable[Check], announce: Callable[[Check], object]
) -> Iterator[tuple[Check, Finding]]:
    """Run checks in turn, each announced before, but skip those that need one that failed."""
    unusable: set[str] = set()
    for check in checks:
        if check.needs in unusable:
            findings: Sequence[Finding] = [Finding("skipped", f"It needs {check.needs}.")]
        else:
            announce(check)
            findings = examine(check)
        if all(finding.result == "problem" for finding in findings):
            unusable.add(check.name)
        yield from ((check, finding) for finding in findings)


def examine(check: Check) -> Sequence[Finding]:
    """Run one check in a process of its own, which may hang or crash.

    Call it while this process has a single thread: the other one is forked from it.
    """
    begun = time.monotonic()
    try:
        return _examine(check)
    finally:
        log.debug("Looked at %s for %.2f s.", check.name, time.monotonic() - begun)


def _examine(check: Check) -> Sequence[Finding]:
    context = multiprocessing.get_context("fork")
    answer, report = context.Pipe(duplex=False)
    process = context.Process(target=_look_and_report, args=(check, report))
    process.start()
    report.close()
    try:
        if not answer.poll(check.limit_s):
            return [
                Finding(
                    "problem",
                    f"There was no answer within {check.limit_s:g} s.",
                    "Look at the load of this machine, and of what is checked.",
                )
            ]
        return [Finding(**fields) for fields in json.loads(answer.recv_bytes())]
    except EOFError:
        process.join()
        return [_crashed(process.exitcode)]
    finally:
        process.kill()
        process.join()
        answer.close()


def _look_and_report(check: Check, report: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, and ends this process
    die_with_parent()
    _silence()
    report.send_bytes(json.dumps([asdict(finding) for finding in _look(check)]).encode())


def _look(check: Check) -> Iterable[Finding]:
    try:
        yield from check.look()
    except ServiceUnavailable as error:
        sentence = f"{error.service} at {error.address} cannot be used: {error.reason}."
        yield Finding("problem", sentence, error.cure)
    except MolsteerError as error:
        yield Finding("problem", str(error))
    except Exception as error:
        sentence = f"Looking failed with {type(error).__name__}: {error}"
        yield Finding("problem", sentence, "Install molsteer and what it needs again.")


def _silence() -> None:
    # Fortran libraries talk to the terminal, and the table is drawn there.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _crashed(status: int | None) -> Finding:
    how = f"signal {signal.Signals(-status).name}" if status and status < 0 else f"status {status}"
    return Finding(
        "problem", f"Looking ended with {how}.", "Install what is checked again, or leave it out."
    )
