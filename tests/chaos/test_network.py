"""The network between the workers that are far away and the server."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest
from support.tcp_proxy import tcp_proxy

pytestmark = pytest.mark.fast


def test_what_the_server_breaks_off_is_broken_off_for_the_worker_as_well() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        tcp_proxy(server.getsockname()[1]) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), timeout=240.0) as worker,
    ):
        connection, _ = server.accept()
        worker.sendall(b"PING")
        assert connection.recv(1, socket.MSG_PEEK) == b"P"
        connection.close()  # which is a reset, for something was not read
        with suppress(ConnectionResetError):
            assert worker.recv(1) == b""
