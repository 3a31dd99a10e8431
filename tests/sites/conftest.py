"""Images as a cluster has them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.containers import NOBODY, Image, built, unpacked
from support.redis_server import TcpServer, tcp_server


@pytest.fixture(scope="session")
def cpu() -> Image:
    return Image(built("cpu"))


@pytest.fixture(scope="session")
def gpu() -> Image:
    return Image(built("gpu"))


@pytest.fixture(params=["cpu", "gpu"])
def image(request: pytest.FixtureRequest) -> Image:
    return Image(built(request.param))


@pytest.fixture(scope="module")
def of_nobody() -> Iterator[Image]:
    """The CPU image in a folder, used by somebody who has no home and no rights."""
    folder = Path(tempfile.mkdtemp(prefix="molsteer-images-"))
    folder.chmod(0o755)
    try:
        yield Image(unpacked(built("cpu"), folder), through=NOBODY)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TcpServer]:
    (tmp_path / "redis").mkdir()
    with tcp_server(tmp_path / "redis") as server:
        yield server
