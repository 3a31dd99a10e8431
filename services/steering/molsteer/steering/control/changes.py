"""What was changed of a campaign, as its ledger has it, which is read without its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from molsteer.steering.ledger.ledger import Ledger

if TYPE_CHECKING:
    from molsteer.steering.settings.changes import Changes


def noted_changes(ledger: Ledger) -> Changes:
    """Give everything that was changed since the campaign began, as it was checked and noted."""
    noted = ledger.fact("changes")
    return noted if isinstance(noted, dict) else {}
