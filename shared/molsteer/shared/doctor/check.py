"""What `molsteer doctor` is made of: checks that look, and findings that say what they saw."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Result = Literal["ok", "warning", "problem", "skipped"]
"""Fine; works, but not well; does not work; or does not apply here."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw, as a sentence for the user.

    Attributes:
        result: Whether it is ok, a warning, a problem, or was skipped.
        sentence: What was found; never holds a secret.
        cure: What to do about a warning or a problem, as a sentence; else empty.
    """

    result: Result
    sentence: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that can be looked at by itself.

    Attributes:
        name: What is looked at, as the user asks for it with `--only`.
        look: Looks, in a process of its own, and tells one finding after the other. A deliberate
            error of the project, or any other exception, becomes a problem.
        limit_s: Seconds after which looking has failed.
        needs: Name of a check before this one, or empty. Where that one found nothing fine, this
            one is skipped, as it would wait as long and say the same.
    """

    name: str
    look: Callable[[], Iterable[Finding]]
    limit_s: float = 60.0
    needs: str = ""


Contribution = Callable[[Path | None], Iterable[Check]]
"""What a package offers in the entry-point group `molsteer.checks`: the checks that fit a settings
file, or the environment's settings alone. It imports what is heavy only inside of the checks, and
raises `SettingsError` if settings cannot be used."""
