"""What holds for all tests."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

settings.register_profile("no deadlines", parent=settings(), deadline=None)
settings.load_profile("no deadlines")  # no test asserts how fast a busy machine is


@pytest.fixture(scope="session", autouse=True)
def _interrupts_work() -> None:
    """Let programs that tests start hear Ctrl-C and a terminal that closes.

    Shells start jobs in the background with SIGINT ignored, and nohup ignores SIGHUP; what is
    ignored stays so in every child.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
