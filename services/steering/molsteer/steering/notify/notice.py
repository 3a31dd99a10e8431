"""What somebody is told about a campaign."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from molsteer.steering.records.progress import Progress
from molsteer.steering.settings.notify import EventName


@dataclass(frozen=True, slots=True)
class About:
    """The campaign that is told about."""

    name: str
    run_dir: Path


@dataclass(frozen=True, slots=True)
class Notice:
    """One message; it holds no secret.

    Attributes:
        event: What happened.
        reason: Why, as a code or a sentence.
        text: The same for a person, in a sentence or two.
        facts: What a program may want to know.
    """

    event: EventName
    reason: str
    text: str
    facts: dict[str, JsonValue] = field(default_factory=dict)

    def as_json(self) -> dict[str, JsonValue]:
        """Give everything, as JSON can hold it."""
        return {"event": self.event, "reason": self.reason, "text": self.text, **self.facts}


def notice(
    event: EventName, reason: str, about: About, progress: Progress | None, at: float
) -> Notice:
    """Put a message together.

    Args:
        event: What happened.
        reason: Why.
        about: The campaign.
        progress: How far it is, if that is known.
        at: Seconds of the Unix epoch.
    """
    facts: dict[str, JsonValue] = {
        "campaign": about.name,
        "run_dir": str(about.run_dir.absolute()),
        "host": socket.gethostname(),
        "at": at,
    }
    text = f"{about.name}: {_said(event, reason)}"
    if progress is not None:
        best: JsonValue = None
        if progress.best is not None:
            best = {
                "property": progress.property,
                "value": progress.best.value,
                "unit": progress.best.unit,
                "smiles": progress.best_smiles,
            }
            text += f" Best so far: {progress.best} {progress.best_smiles}."
        facts |= {
            "simulated": progress.done,
            "budget": progress.budget,
            "given_up": progress.given_up,
            "hits": progress.hits,
            "best": best,
        }
        text += f" {progress.done}/{progress.budget} simulated."
    return Notice(event, reason, text, facts)


def _said(event: EventName, reason: str) -> str:
    match event:
        case "ended":
            return f"the campaign has ended ({reason})."
        case "failing":
            return f"the campaign ended because something fails ({reason})."
        case "no-workers" | "held-up":
            return reason
        case "recovered":
            return f"it goes on again ({reason})."
        case "test":
            return "this is a test; notices of this campaign come here."
