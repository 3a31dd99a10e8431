"""`molsteer doctor` finds nothing weak about the server that docs/security.md sets up."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.command import molsteer
from support.guarded_servers import Authority, RolesServer
from support.redis_server import free_port, started
from support.worker_process import queue_variables

from molsteer.shared.bus.roles import Role
from molsteer.shared.settings.sections import QueueSettings

PAGE = Path(__file__).parents[2] / "docs" / "security.md"


@dataclass
class DocumentedServer(RolesServer):
    """Configured as the page says, with a folder in the place of /etc/redis."""

    def queue_of(self, role: Role) -> QueueSettings:
        queue = super().queue_of(role)
        url = queue.redis_url.replace("redis://", "rediss://")
        return queue.model_copy(
            update={"redis_url": url, "tls_ca_file": self.folder / "authority.pem"}
        )

    @property
    def configuration(self) -> tuple[str, ...]:
        made = super().configuration
        authority = Authority(self.folder, "authority")
        certificate, key = authority.issue("127.0.0.1")
        certificate.rename(self.folder / "server.pem")
        key.rename(self.folder / "server.key")
        assert authority.file.exists()
        assert made
        (lines,) = re.findall(r"```conf\n(.*?)```", PAGE.read_text(), re.DOTALL)
        shown = lines.replace("/etc/redis", str(self.folder)).replace("6379", str(self.port))
        return tuple(shown.splitlines())


@pytest.mark.parametrize("role", ["steering", "trainer"])
def test_nothing_is_weak_about_the_documented_server(tmp_path: Path, role: Role) -> None:
    server = DocumentedServer(tmp_path, free_port())
    with started(server):
        variables = queue_variables(server.queue_of(role))
        done = molsteer("doctor", "--only", "redis", "--only", "access", "--json", **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {row["result"] for row in json.loads(done.stdout)} == {"ok"}, done.stdout
