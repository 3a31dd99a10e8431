"""What fault tests share: a server, a search space, and a campaign of their own for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.external_campaign import ExternalCampaign
from support.redis_server import TcpServer, tcp_server
from support.toy_campaign import toy_space

from molsteer.shared.settings.sections import QueueSettings

LEASE_S = 5.0
"""A busy machine may hold a process up for a second or two, which loses no lease of this."""

NewCampaign = Callable[..., ExternalCampaign]


@pytest.fixture(scope="session")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy_space(tmp_path_factory.mktemp("space")).folder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TcpServer]:
    """A server that a test may kill."""
    folder = tmp_path / "redis"
    folder.mkdir()
    with tcp_server(folder) as running:
        yield running


@pytest.fixture
def campaign(server: TcpServer, space: Path, tmp_path: Path) -> ExternalCampaign:
    queue = QueueSettings(redis_url=server.url, lease_s=LEASE_S)
    return ExternalCampaign(tmp_path, queue, space)
