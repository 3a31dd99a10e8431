"""Tells from a thread of its own, so that nobody waits for whoever is told."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Sequence

from molsteer.steering.errors import NotDelivered
from molsteer.steering.notify.notice import Notice
from molsteer.steering.notify.senders import Sender

log = logging.getLogger(__name__)

_MOST_WAITING = 100
PAUSE_S = 5.0
"""Between one attempt and the next, twice as long each time."""


class Notifier:
    """Sends notices one after the other, each a few times if need be.

    Args:
        senders: Ways to tell; each gets every notice.
        tries: Attempts for each of them.
        pause_s: Before the second attempt.
    """

    def __init__(self, senders: Sequence[Sender], tries: int, pause_s: float = PAUSE_S) -> None:
        self._senders, self._tries, self._pause_s = senders, tries, pause_s
        self._waiting: queue.Queue[Notice | None] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None

    def tell(self, notice: Notice) -> None:
        """Have something told; returns at once."""
        log.info("Told: %s", notice.text)
        if not self._senders:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="notify", daemon=True)
            self._thread.start()
        try:
            self._waiting.put_nowait(notice)
        except queue.Full:
            log.warning("A notice was dropped, because those before it are not delivered yet.")

    def close(self, within_s: float) -> None:
        """Wait for what is on its way, but no longer than this."""
        if self._thread is None:
            return
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(within_s)
        if self._thread.is_alive():
            log.warning("Notices were not delivered within %g s.", within_s)

    def _work(self) -> None:
        while (notice := self._waiting.get()) is not None:
            for sender in self._senders:
                self._deliver(sender, notice)

    def _deliver(self, sender: Sender, notice: Notice) -> None:
        pause_s = self._pause_s
        for attempt in range(1, self._tries + 1):
            try:
                sender.send(notice)
            except NotDelivered as error:
                problem = str(error)
            except Exception as error:  # a defect here may not end the telling, nor show addresses
                problem = f"{sender.name}: {type(error).__name__}"
            else:
                return
            if attempt < self._tries:
                time.sleep(pause_s)
                pause_s *= 2
        log.warning("Nobody was told of %r. %s", notice.event, problem)
