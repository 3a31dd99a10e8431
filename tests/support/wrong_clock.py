"""A clock that jumps, for processes of which a test can only set the environment."""

from __future__ import annotations

import struct
from pathlib import Path

TESTS = Path(__file__).parents[1]


class WrongClock:
    """Tells processes through a file how wrong their clock is; at first it is right.

    Args:
        file: Where to put it.

    Attributes:
        variables: Environment of the processes that go by this clock.
    """

    def __init__(self, file: Path) -> None:
        self.variables = {
            "WRONG_CLOCK": str(file),
            "PYTHONPATH": f"{TESTS / 'support' / 'clock'}:{TESTS}",
        }
        self._file = file
        file.write_bytes(struct.pack("d", 0.0))

    def set_ahead(self, seconds: float) -> None:
        """Let the clock jump; what is negative sets it back."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("d", seconds))
