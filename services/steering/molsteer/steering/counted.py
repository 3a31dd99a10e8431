"""Numbers of things, as people write them."""

from __future__ import annotations


def counted(count: int, name: str) -> str:
    """Write how many there are of something, one or several."""
    return f"{count:,} {name}{'' if count == 1 else 's'}"
