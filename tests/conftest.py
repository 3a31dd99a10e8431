"""What holds for all tests."""

from __future__ import annotations

import signal

import pytest


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_works() -> None:
    """Let programs that tests start hear Ctrl-C, also where a shell runs the tests in background.

    Shells start such jobs with SIGINT ignored, and what is ignored stays so in every child.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
