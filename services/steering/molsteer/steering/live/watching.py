"""Shows a campaign on a terminal until it has ended, or until nobody watches any more."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import RenderableType
from rich.text import Text

from molsteer.shared.cli.screen.in_place import InPlace
from molsteer.shared.cli.screen.terminal import Terminal
from molsteer.shared.cli.screen.time_left import SteadyTimeLeft
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.foreign_text import one_line
from molsteer.steering.live.top import screen
from molsteer.steering.records.watching.now import Now

EVERY_S, READING_SHARE = 2.0, 0.2
"""It is read every two seconds, or so seldom that reading a large campaign takes a fifth of the
time of one core."""


def watch(
    read: Callable[[], Now], terminal: Terminal, *, wait: Callable[[float], None] = time.sleep
) -> None:
    """Show a campaign anew every two seconds; what is seen last stays on the terminal.

    Args:
        read: Reads the campaign; what it raises ends this, but for a ledger that is busy.
        terminal: Where to show it. If it is none, it is shown once.
        wait: Lets time pass.
    """
    left, lines = SteadyTimeLeft(), InPlace(terminal) if terminal.renews else None
    last: RenderableType = Text()
    try:
        while True:
            begun = time.monotonic()
            try:
                now = read()
            except ServiceUnavailable as error:  # the next look may see it
                if lines is None:
                    raise
                lines.draw(Text(one_line(str(error)), "yellow"))
                wait(EVERY_S)
                continue
            at = time.monotonic()
            left_s = left.follow(now.progress.left_s, at)
            last = screen(now, left_s, terminal.width)
            if lines is None or now.ended:
                return
            lines.draw(last)
            wait(max(EVERY_S, (at - begun) / READING_SHARE))
    except KeyboardInterrupt:
        return  # this is how one leaves
    finally:
        if lines is not None:
            lines.close()
        terminal.print(last)
