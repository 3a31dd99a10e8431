"""Finds out when a worker's batch job ends."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from molsteer.shared.errors import SettingsError
from molsteer.shared.worker import scheduler
from molsteer.shared.worker.scheduler import Ask, Job, duration_s
from molsteer.shared.worker.walltime import JOB_END_VARIABLE


@dataclass(frozen=True, slots=True)
class UnknownEnd:
    """A job that may end, and nobody tells when."""

    job: Job

    def __str__(self) -> str:
        """Tell what follows from it, and the cure."""
        return (
            f"This worker runs in job {self.job.id} of {self.job.system}, which does not tell when "
            f"it ends; tasks may be begun in vain. Give the end by --until, or write --until never."
        )


def end_of_job(
    given: str | None, environment: Mapping[str, str], now: float, ask: Ask = scheduler.ask
) -> float | UnknownEnd | None:
    """Give the end in seconds of the Unix epoch, or None if there is none.

    Args:
        given: `+SECONDS`, a moment in ISO 8601, local unless it names its zone, or `never`.
        environment: Asked if nothing is given.
        now: The time, in seconds of the Unix epoch.
        ask: Runs the batch system's command where the environment names the job alone.

    Raises:
        SettingsError: If the end cannot be read.
    """
    if given is not None:
        return None if given == "never" else _given(given, now)
    if text := environment.get(JOB_END_VARIABLE, ""):
        try:
            return _finite(float(text))
        except ValueError:
            cure = "Give the end of the job by --until."
            problem = f"{JOB_END_VARIABLE}: {text!r} is not a time. {cure}"
            raise SettingsError("the environment", [problem]) from None
    job = scheduler.job_of(environment)
    if job is None:
        return None
    ends_at = scheduler.end_of(job, now, ask)
    return UnknownEnd(job) if ends_at is None else ends_at


def check_time_left(ends_at: float, margin_s: float, now: float) -> None:
    """Make sure that a worker has time for any work.

    Raises:
        SettingsError: If its end has passed, or is nearer than its margin.
    """
    left_s = ends_at - now
    if left_s <= margin_s:
        happened = "has passed" if left_s <= 0 else f"is {left_s:.0f} s away"
        raise SettingsError(
            "the command line and the environment",
            [
                f"The worker has no time for any task: its end, {local(ends_at)}, {happened}, and "
                f"what runs {margin_s:g} s before (--margin-s) is handed back. Give a later end by "
                f"--until."
            ],
        )


def local(moment: float) -> str:
    """Write a moment of the Unix epoch for people here."""
    return datetime.fromtimestamp(moment).astimezone().isoformat(" ", "seconds")


def _given(text: str, now: float) -> float:
    try:
        if text.startswith("+"):
            return now + _finite(duration_s(text[1:]))
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        unset = " The variable in it is probably not set here." if text in {"", "+"} else ""
        problem = (
            f"--until: {text!r} is not a time.{unset} "
            f"Write +SECONDS, +HH:MM:SS, never, or as 2026-01-31T18:00."
        )
        raise SettingsError("the command line", [problem]) from None


def _finite(seconds: float) -> float:
    if not math.isfinite(seconds):
        raise ValueError(seconds)
    return seconds
