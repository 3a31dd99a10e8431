"""A network that a test can spoil: everything passes, until it is told to do otherwise."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_AT_ONCE_BYTES = 65536


class TcpProxy:
    """Passes connections on to a port of this machine.

    Args:
        target: The port.

    Attributes:
        port: Where it listens.
        delay_s: How much later everything arrives.
        bytes_per_s: How much passes in a second at most, each way of each connection.
        passed_bytes: What has passed so far, both ways.
        is_black_hole: Whether whatever is sent vanishes, while connections look alive.
        black_hole_from: Answer that is the first one to vanish.
        on_request: Told each request, or several that come together, before it passes.
        reset_at: Request that ends every connection, once, and does not arrive.
    """

    def __init__(self, target: int) -> None:
        self.delay_s = 0.0
        self.bytes_per_s = float("inf")
        self.passed_bytes = 0
        self.is_black_hole = False
        self.black_hole_from: bytes | None = None
        self.on_request: Callable[[bytes], None] = lambda _: None
        self.reset_at: bytes | None = None
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._sockets: list[socket.socket] = []
        self._start(self._accept)

    def reset(self) -> None:
        """End every connection at once, as a firewall does."""
        for end in self._sockets:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._sockets.clear()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            self._sockets += [client, server]
            self._start(self._pass_requests, client, server)
            self._start(self._pass_answers, server, client)

    def _pass_requests(self, client: socket.socket, server: socket.socket) -> None:
        while data := client.recv(_AT_ONCE_BYTES):
            self.on_request(data)
            if self.reset_at and self.reset_at in data:
                self.reset_at = None
                self.reset()
            self._pass_on(data, server)
        server.shutdown(socket.SHUT_WR)

    def _pass_answers(self, server: socket.socket, client: socket.socket) -> None:
        while data := server.recv(_AT_ONCE_BYTES):
            if self.black_hole_from and self.black_hole_from in data:
                self.is_black_hole = True
            self._pass_on(data, client)
        client.shutdown(socket.SHUT_WR)

    def _pass_on(self, data: bytes, sink: socket.socket) -> None:
        time.sleep(self.delay_s + len(data) / self.bytes_per_s)
        if not self.is_black_hole:
            self.passed_bytes += len(data)  # before anybody can have seen the data
            sink.sendall(data)

    def _start(self, work: Callable[..., None], *sockets: socket.socket) -> None:
        def run() -> None:
            try:
                work(*sockets)
            except OSError:  # each end hears that the other has broken off
                for end in sockets:
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)

        threading.Thread(target=run, daemon=True).start()


@contextmanager
def tcp_proxy(target: int) -> Iterator[TcpProxy]:
    proxy = TcpProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
