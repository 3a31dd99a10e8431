"""Finds out when a worker's batch job ends."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

from molsteer.shared.errors import SettingsError

JOB_END_VARIABLE = "SLURM_JOB_END_TIME"
"""Where Slurm tells a job its end, in seconds of the Unix epoch."""


def end_of_job(given: str | None, environment: Mapping[str, str], now: float) -> float | None:
    """Give the end in seconds of the Unix epoch, or None if there is none.

    Args:
        given: `+SECONDS`, or a moment in ISO 8601, local unless it names its zone.
        environment: Asked if nothing is given.
        now: The time, in seconds of the Unix epoch.

    Raises:
        SettingsError: If the end cannot be read.
    """
    if given is not None:
        try:
            return _moment(given, now)
        except ValueError:
            problem = f"--until: {given!r} is no time. Write +SECONDS, or as 2026-01-31T18:00."
            raise SettingsError("the command line", [problem]) from None
    text = environment.get(JOB_END_VARIABLE, "")
    try:
        return _seconds(text) if text else None
    except ValueError:
        problem = f"{JOB_END_VARIABLE}: {text!r} is no time. Give the end of the job by --until."
        raise SettingsError("the environment", [problem]) from None


def _moment(text: str, now: float) -> float:
    if text.startswith("+"):
        return now + _seconds(text)
    return datetime.fromisoformat(text).timestamp()


def _seconds(text: str) -> float:
    seconds = float(text)
    if not math.isfinite(seconds):
        raise ValueError(text)
    return seconds
