"""What holds for all tests."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, however slow the machine: nobody's change is refused for what one
# run in a thousand finds. `pytest --hypothesis-profile=default` looks for others.
settings.register_profile(
    "certain",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("certain")


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
