"""Two sites with nothing between them but a long line: network namespaces of this machine."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

NEAR_ADDRESS, FAR_ADDRESS = "10.83.0.1", "10.83.0.2"

_TESTS = Path(__file__).parents[1]


@dataclass(frozen=True)
class FarSites:
    """The namespaces of both sites, and the line between them."""

    near: str
    far: str
    control: Path

    def at(self, site: str) -> tuple[str, ...]:
        """Give what runs a program at a site."""
        return ("ip", "netns", "exec", site)

    def cut(self) -> None:
        """Let nothing through any more, without a word to either side."""
        self.control.write_text("cut")

    def mend(self) -> None:
        self.control.write_text("up")

    @property
    def sent_bytes(self) -> int:
        """What both sites have given to the line so far."""
        return int(self.control.with_suffix(".sent").read_text())


@contextmanager
def far_sites(folder: Path, delay_s: float = 0.025, loss: float = 0.01) -> Iterator[FarSites]:
    """Make two sites for a while."""
    _check_parts()
    own = secrets.token_hex(3)
    sites = FarSites(f"molsteer-near-{own}", f"molsteer-far-{own}", folder / "line")
    sites.mend()
    with ExitStack() as stack:
        for name in (sites.near, sites.far):
            _ip("netns", "add", name)
            stack.callback(_ip, "netns", "del", name)
            _ip("-n", name, "link", "set", "lo", "up")
        router = subprocess.Popen(
            [
                *(sys.executable, "-m", "support.far_router", sites.near, sites.far),
                *(str(delay_s), str(loss), sites.control),
            ],
            env=os.environ | {"PYTHONPATH": str(_TESTS)},
            stdout=subprocess.PIPE,
        )
        assert router.stdout is not None
        stack.callback(router.stdout.close)
        stack.callback(router.wait)
        stack.callback(router.kill)
        assert router.stdout.readline() == b"ready\n"
        for name, own_address, other in (
            (sites.near, NEAR_ADDRESS, FAR_ADDRESS),
            (sites.far, FAR_ADDRESS, NEAR_ADDRESS),
        ):
            _ip("-n", name, "addr", "add", own_address, "peer", other, "dev", "line")
            _ip("-n", name, "link", "set", "line", "up", "mtu", "1400")
        yield sites


def _check_parts() -> None:
    if os.geteuid() == 0 and shutil.which("ip") and Path("/dev/net/tun").exists():
        return
    reason = "Two sites need root, the command ip, and /dev/net/tun."
    if os.environ.get("CI") and os.geteuid() == 0:
        pytest.fail(f"{reason} Install iproute2.")
    pytest.skip(reason)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
