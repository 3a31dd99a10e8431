"""The real Prometheus, over whatever a test lets it scrape."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from support.redis_server import free_port
from support.waiting import eventually


def promtool() -> str:
    """Find the program that checks files of Prometheus."""
    return _program("promtool")


@dataclass(frozen=True)
class Prometheus:
    """A server that scrapes every three seconds, which is as long as an answer may take."""

    url: str
    targets: Path

    def query(self, expression: str) -> list[dict[str, object]]:
        """Evaluate an expression now; gives its series."""
        answer = requests.get(f"{self.url}/api/v1/query", {"query": expression}, timeout=120)
        answer.raise_for_status()
        found: list[dict[str, object]] = answer.json()["data"]["result"]
        return found


@contextmanager
def prometheus(folder: Path, rules: Path) -> Iterator[Prometheus]:
    """Run a server with rules, which scrapes what is announced in its folder of targets."""
    program, targets, port = _program("prometheus"), folder / "targets", free_port()
    targets.mkdir(parents=True)
    configuration = folder / "prometheus.yml"
    configuration.write_text(
        "global: {scrape_interval: 3s, evaluation_interval: 1s}\n"
        f"rule_files: ['{rules}']\n"
        "scrape_configs:\n"
        "  - job_name: molsteer\n"
        f"    file_sd_configs: [{{files: ['{targets}/*.json'], refresh_interval: 1s}}]\n"
    )
    command = [
        *(program, f"--config.file={configuration}", f"--storage.tsdb.path={folder / 'data'}"),
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stderr=log) as process:
        server = Prometheus(f"http://127.0.0.1:{port}", targets)
        try:
            eventually(lambda: _is_ready(server))
            yield server
        finally:
            process.terminate()
            process.wait(240)


def _is_ready(server: Prometheus) -> bool:
    try:
        return requests.get(f"{server.url}/-/ready", timeout=120).ok
    except requests.RequestException:
        return False


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        reason = f"{name} is not installed; Debian has it in the package prometheus."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found
