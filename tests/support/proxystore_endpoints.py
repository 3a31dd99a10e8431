"""Real ProxyStore endpoints with a relay between them, as processes of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from proxystore.endpoint.config import EndpointConfig, EndpointRelayConfig, write_config
from support.redis_server import free_port
from support.waiting import eventually

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Place:
    """Where an endpoint runs.

    Attributes:
        folder: ProxyStore's, of its own.
        through: A command that runs programs there.
    """

    folder: Path
    through: tuple[str, ...] = ()


@contextmanager
def running_endpoints(places: Sequence[Place], relay_host: str = _HOST) -> Iterator[list[UUID]]:
    """Run an endpoint at each place, all of them peers of each other; the relay is at the first."""
    if find_spec("aiortc") is None:
        if os.environ.get("CI"):
            pytest.fail("The extra molsteer-shared[endpoints] is not installed.")
        pytest.skip("The extra molsteer-shared[endpoints] is not installed.")
    with ExitStack() as stack:
        port = free_port()
        address = ("--host", relay_host, "--port", str(port))
        stack.enter_context(_running(places[0], "proxystore.p2p.relay.run", *address))
        eventually(lambda: _listens(places[0], relay_host, port), 120.0)
        relay = f"ws://{relay_host}:{port}"
        yield [stack.enter_context(_endpoint(place, relay)) for place in places]


@contextmanager
def _endpoint(place: Place, relay: str) -> Iterator[UUID]:
    config = EndpointConfig(
        name="endpoint",
        uuid=str(uuid4()),
        port=free_port(),
        host=_HOST,
        host_type="static",
        relay=EndpointRelayConfig(address=relay, ice_servers=[]),
    )
    write_config(config, str(place.folder / config.name))
    arguments = ("start", config.name, "--no-detach")
    with _running(place, "proxystore.endpoint.cli", *arguments):
        eventually(lambda: _listens(place, _HOST, config.port), 120.0)
        yield UUID(config.uuid)


@contextmanager
def _running(place: Place, module: str, *arguments: str) -> Iterator[None]:
    program = f"from {module} import cli; cli()"
    process = subprocess.Popen(
        [*place.through, sys.executable, "-c", program, *arguments],
        env=os.environ | {"PROXYSTORE_HOME": str(place.folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _listens(place: Place, host: str, port: int) -> bool:
    ask = f"import socket; socket.create_connection(('{host}', {port}), 5)"
    asked = subprocess.run(
        [*place.through, sys.executable, "-S", "-c", ask], check=False, capture_output=True
    )
    return asked.returncode == 0
