"""Real servers for the real sides of each contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from molsteer.shared.bus.embedded_server import EmbeddedServer


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with EmbeddedServer() as server:
        yield server.url
