"""Lets the clock of a process jump: Python runs this first where the folder is on its path.

`WRONG_CLOCK` names a file with the seconds by which `time.time` is to be ahead, as a double.
"""

from __future__ import annotations

import mmap
import os
import struct
import time


def _spoil_clock(file: str) -> None:
    with open(file, "rb") as opened:
        ahead_s = mmap.mmap(opened.fileno(), 8, access=mmap.ACCESS_READ)
    true_time = time.time
    time.time = lambda: true_time() + struct.unpack_from("d", ahead_s)[0]


if "WRONG_CLOCK" in os.environ:
    _spoil_clock(os.environ["WRONG_CLOCK"])
