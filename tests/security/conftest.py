"""What these tests share: a small search space, and servers that are guarded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.guarded_servers import Authority, RolesServer, TlsServer
from support.redis_server import free_port, started
from support.toy_campaign import toy_space


@pytest.fixture(scope="session")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy_space(tmp_path_factory.mktemp("space")).folder


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServer]:
    folder = tmp_path_factory.mktemp("tls")
    server = TlsServer(folder, free_port(), authority=Authority(folder, "authority"))
    with started(server):
        yield server


@pytest.fixture(scope="module")
def roles_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RolesServer]:
    server = RolesServer(tmp_path_factory.mktemp("roles"), free_port())
    with started(server):
        yield server
