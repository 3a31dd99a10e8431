"""The Redis server of a deployment, which goes on when the command that started it has ended."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import redis

from molsteer.shared.bus.connection import check_answer, connect
from molsteer.shared.bus.embedded_server import find_server
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.host.detached import has_ended, start_detached
from molsteer.shared.host.files.private_files import write_private
from molsteer.shared.settings.sections import QueueSettings, RedisUrl
from molsteer.shared.settings.server_file import quoted
from molsteer.steering.sites.deployment.place import Place
from molsteer.steering.sites.errors import PortTaken
from molsteer.steering.sites.sections import RedisSection

WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class SiteServer:
    """The server of a deployment on this machine.

    Attributes:
        place: Where its data and its secrets are.
        options: What the profile says of it.
        queue: Prefix and certificates.
        host: Where it is reached.
        port: Its port.
        bind: What it listens on.
    """

    place: Place
    options: RedisSection
    queue: QueueSettings
    host: str
    port: int
    bind: str

    def seen_by(self, role: str) -> QueueSettings:
        """Give the queues as a role sees them, without its password."""
        known = {"redis_url": self.address(role), "tls_ca_file": self._authority}
        return self.queue.model_copy(update=known)

    def address(self, role: str) -> RedisUrl:
        """Give the address of a role, without its password."""
        scheme = "rediss" if self.options.certificate_file else "redis"
        user = f"{self.queue.prefix}-{role}"
        return f"{scheme}://{user}@{self.host}:{self.port}/0"

    def is_up(self) -> bool:
        """Tell whether it runs.

        Raises:
            PortTaken: If somebody else's server answers there.
        """
        try:
            check_answer(self._admin.server_url)
            return self._is_ours()
        except ServiceUnavailable as error:
            if self._somebody_listens():
                raise PortTaken(
                    self.host, self.port, f"something else is there, and {error.reason}"
                ) from None
            return False

    def start(self) -> None:
        """Start the server and wait until it answers; it keeps what it held before.

        Raises:
            PortTaken: If its port is another's.
            ServiceUnavailable: If it does not come up, or there is no server on this machine.
        """
        data = self.place.redis / "data"
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        file, log = self.place.redis / "redis.conf", self.place.logs / "redis.log"
        write_private(file, self._configuration(data))
        said_before = log.stat().st_size if log.exists() else 0
        pid = start_detached([find_server(), file], log)
        deadline, ended = time.monotonic() + WITHIN_S, False
        while time.monotonic() < deadline and not ended:
            with suppress(redis.RedisError), self._client() as client:
                client.ping()
                return
            time.sleep(0.05)
            ended = has_ended(pid)
        if not ended:
            os.kill(pid, signal.SIGKILL)
        said = log.read_bytes()[said_before:].decode(errors="replace").strip()
        self._explain(said)

    def stop(self) -> None:
        """Stop the server, if it runs, and wait until it has ended."""
        try:
            with self._client() as client, suppress(redis.ConnectionError):
                client.execute_command("SHUTDOWN", "NOSAVE")
        except redis.ConnectionError:
            return
        deadline = time.monotonic() + WITHIN_S
        while self._somebody_listens() and time.monotonic() < deadline:
            time.sleep(0.02)

    @property
    def _admin(self) -> QueueSettings:
        password = self.place.secrets / "admin.password"
        return self.seen_by("admin").model_copy(update={"password_file": password})

    def _client(self) -> redis.Redis:
        return connect(self._admin.server_url)

    def _is_ours(self) -> bool:
        with self._client() as client:
            folder = client.config_get("dir")["dir"]  # which redis-py decodes
        if Path(folder) != self.place.redis / "data":
            raise PortTaken(self.host, self.port, f"it is the port of the server in {folder!r}")
        return True

    def _somebody_listens(self) -> bool:
        with suppress(OSError), socket.create_connection((self.host, self.port), 5.0):
            return True
        return False

    def _configuration(self, data: Path) -> str:
        options = self.options
        if options.certificate_file and options.key_file and self._authority:
            network = [
                "port 0",
                f"tls-port {self.port}",
                f"tls-cert-file {quoted(options.certificate_file.absolute())}",
                f"tls-key-file {quoted(options.key_file.absolute())}",
                f"tls-ca-cert-file {quoted(self._authority.absolute())}",
                "tls-auth-clients no",
            ]
        else:
            network = [f"port {self.port}"]
        return "\n".join(
            (
                *network,
                f"bind {self.bind}",
                "protected-mode no",  # which keeps out users without a password; here is none
                f"aclfile {quoted(self.place.secrets / 'users.acl')}",
                f"dir {quoted(data)}",
                "appendonly yes",
                'save ""',
                "maxmemory-policy noeviction",
                "loglevel warning",
                "",
            )
        )

    @property
    def _authority(self) -> Path | None:
        """Who vouches for the server: it does so itself where nobody else is named."""
        return self.options.authority_file or self.options.certificate_file

    def _explain(self, said: str) -> None:
        last = said.splitlines()[-1] if said else "nothing"
        if "in use" in said or "bind" in said:
            raise PortTaken(self.host, self.port, last)
        raise ServiceUnavailable(
            "The site's Redis server",
            f"{self.host}:{self.port}",
            f"it does not come up and says: {last.rstrip('.')}",
            f"Look into {self.place.logs / 'redis.log'}.",
        )


def free_port() -> int:
    """Choose a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port
