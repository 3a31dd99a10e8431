"""A real Redis server on a TCP port, which a test may kill and start again."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import redis
from support.waiting import eventually

from molsteer.shared.bus.embedded_server import find_server
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.settings.server_file import quoted

PASSWORD = "not-a-secret"


@dataclass
class TcpServer:
    """Redis with a password and an append-only file, so that it survives being killed."""

    folder: Path
    port: int
    _process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    @property
    def queue(self) -> QueueSettings:
        """The settings of whoever may do everything."""
        return QueueSettings(redis_url=self.url)

    @property
    def through(self) -> tuple[str, ...]:
        """A command that runs the server."""
        return ()

    @property
    def configuration(self) -> tuple[str, ...]:
        """What kinds of server differ in."""
        return (f"port {self.port}", f"requirepass {PASSWORD}")

    def start(self) -> None:
        self._launch()
        eventually(self._answers)

    def refuses_to_start(self) -> bool:
        """Start with files that the server should find damaged."""
        self._launch()
        return self._process is not None and self._process.wait(240) != 0

    def _launch(self) -> None:
        self._process = subprocess.Popen(
            [*self.through, find_server(), "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            text=True,
        )
        always = (
            "bind 127.0.0.1",
            "appendonly yes",
            "appendfsync always",
            f"dir {quoted(self.folder)}",
        )
        assert self._process.stdin is not None
        self._process.stdin.write("\n".join((*always, *self.configuration, "")))
        self._process.stdin.close()

    def forget(self) -> None:
        """Lose everything, as a server without persistence does; it must not run."""
        shutil.rmtree(self.folder / "appendonlydir")

    @property
    def append_only_file(self) -> Path:
        """Where the last writes are."""
        files = (self.folder / "appendonlydir").glob("*.incr.aof")
        return max(files, key=lambda file: file.stat().st_mtime)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def fall_silent(self) -> None:
        """Keep connections, take new ones, and answer nothing from now on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def _answers(self) -> bool:
        assert self.is_running, "The server has ended; perhaps its port was taken meanwhile."
        try:
            with redis.Redis.from_url(self.queue.server_url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


ServerT = TypeVar("ServerT", bound=TcpServer)


@contextmanager
def tcp_server(folder: Path) -> Iterator[TcpServer]:
    server = TcpServer(folder, free_port())
    with started(server):
        yield server


@contextmanager
def started(server: ServerT) -> Iterator[ServerT]:
    """Run a server for a while."""
    server.start()
    try:
        yield server
    finally:
        server.kill()


def free_port() -> int:
    """Find a port that nobody listens on, nor any test that runs side by side may find.

    It lies below those that the system gives to connections.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 20_000 + 1_000 * (worker % 12)
    while True:
        port = first + secrets.randbelow(1_000)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
