"""Words in the configuration file of a Redis server."""

from __future__ import annotations

import os
import string
from pathlib import Path

_PLAIN = (string.ascii_letters + string.digits + string.punctuation + " ").encode()


def quoted(path: Path) -> str:
    """Write a path so that Redis reads exactly that, whatever bytes it consists of."""
    special = b'"\\'
    written = (
        chr(byte) if byte in _PLAIN and byte not in special else f"\\x{byte:02x}"
        for byte in os.fsencode(path)
    )
    return f'"{"".join(written)}"'
