"""Joins two network namespaces by a line with delay, loss and cuts, where the kernel has no netem.

    python -m support.far_router NEAR FAR DELAY_S LOSS CONTROL

Each namespace gets a TUN device `line`. While the file CONTROL holds `cut`, nothing gets through.
Beside it, `CONTROL.sent` counts the bytes that were given to the line.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_LOOK_EVERY_S = 0.05


def main() -> None:
    """Route until this process is ended."""
    near, far, delay_s, loss, control = sys.argv[1:]
    ends = [_end(near), _end(far)]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    _route(ends, float(delay_s), float(loss), Path(control))


def _end(namespace: str) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    home, other = (
        os.open("/proc/self/ns/net", os.O_RDONLY),
        os.open(f"/run/netns/{namespace}", os.O_RDONLY),
    )
    assert libc.setns(other, 0) == 0, os.strerror(ctypes.get_errno())
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    request = struct.pack("16sH22s", b"line", _IFF_TUN | _IFF_NO_PI, b"")
    fcntl.ioctl(end, _TUNSETIFF, request)
    assert libc.setns(home, 0) == 0, os.strerror(ctypes.get_errno())
    return end


def _route(ends: list[int], delay_s: float, loss: float, control: Path) -> None:
    chance, on_the_way = random.Random(1), list[tuple[float, int, int, bytes]]()
    looked_at, cut, number, sent = 0.0, False, 0, 0
    while True:
        now = time.monotonic()
        if now - looked_at > _LOOK_EVERY_S:
            looked_at, cut = now, control.read_text() == "cut"
            control.with_suffix(".part").write_text(str(sent))
            control.with_suffix(".part").replace(control.with_suffix(".sent"))
        while on_the_way and on_the_way[0][0] <= now:
            _, _, end, packet = heapq.heappop(on_the_way)
            if not cut:
                with suppress(OSError):  # the device is not up yet
                    os.write(end, packet)
        wait_s = min(_LOOK_EVERY_S, on_the_way[0][0] - now if on_the_way else _LOOK_EVERY_S)
        for end in select.select(ends, [], [], max(0.0, wait_s))[0]:
            packet = os.read(end, 70_000)
            sent += len(packet)
            if not cut and chance.random() >= loss:
                number += 1
                other = ends[1 - ends.index(end)]
                heapq.heappush(on_the_way, (time.monotonic() + delay_s, number, other, packet))


if __name__ == "__main__":
    main()
