"""What no campaign can lead to."""

from __future__ import annotations

from molsteer.shared.errors import MolsteerError


class PolicyDefect(MolsteerError):
    """Events that no campaign can produce: the program or its journal is broken."""
