"""Real ProxyStore endpoints with a relay between them, as processes of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from proxystore.endpoint.config import EndpointConfig, EndpointRelayConfig, write_config
from support.waiting import eventually


@contextmanager
def running_endpoints(folders: Sequence[Path]) -> Iterator[list[UUID]]:
    """Run an endpoint for each ProxyStore folder, all of them peers of each other."""
    if find_spec("aiortc") is None:
        if os.environ.get("CI"):
            pytest.fail("The extra molsteer-shared[endpoints] is not installed.")
        pytest.skip("The extra molsteer-shared[endpoints] is not installed.")
    with ExitStack() as stack:
        relay = _free_port()
        address = ("--host", "127.0.0.1", "--port", str(relay))
        stack.enter_context(_running("proxystore.p2p.relay.run", *address))
        eventually(lambda: _listens(relay))
        yield [stack.enter_context(_endpoint(folder, relay)) for folder in folders]


@contextmanager
def _endpoint(folder: Path, relay: int) -> Iterator[UUID]:
    config = EndpointConfig(
        name="endpoint",
        uuid=str(uuid4()),
        port=_free_port(),
        host="127.0.0.1",
        host_type="static",
        relay=EndpointRelayConfig(address=f"ws://127.0.0.1:{relay}", ice_servers=[]),
    )
    write_config(config, str(folder / config.name))
    arguments = ("start", config.name, "--no-detach")
    with _running("proxystore.endpoint.cli", *arguments, home=folder):
        eventually(lambda: _listens(config.port))
        yield UUID(config.uuid)


@contextmanager
def _running(module: str, *arguments: str, home: Path | None = None) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-c", f"from {module} import cli; cli()", *arguments],
        env=os.environ | ({"PROXYSTORE_HOME": str(home)} if home else {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
