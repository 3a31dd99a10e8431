"""Servers that are guarded by certificates, or by a user for each role."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import trustme
from support.command import molsteer
from support.redis_server import PASSWORD, TcpServer

from molsteer.shared.bus.roles import Role, user_name
from molsteer.shared.host.files.private_files import write_private
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.settings.server_file import quoted

PREFIX = "molsteer"


@dataclass
class Authority:
    """Makes certificates, as PEM files."""

    folder: Path
    name: str
    _authority: trustme.CA = field(default_factory=trustme.CA)

    @property
    def file(self) -> Path:
        path = self.folder / f"{self.name}.pem"
        self._authority.cert_pem.write_to_path(path)
        return path

    def issue(self, identity: str) -> tuple[Path, Path]:
        """Give the files of a certificate and of its key, which are made once."""
        certificate, key = self.folder / f"{identity}.pem", self.folder / f"{identity}.key"
        if key.exists():
            return certificate, key
        issued = self._authority.issue_cert(identity)
        issued.cert_chain_pems[0].write_to_path(certificate)
        write_private(key, issued.private_key_pem.bytes().decode())
        return certificate, key


@dataclass
class TlsServer(TcpServer):
    """Speaks TLS only, and asks clients for a certificate."""

    authority: Authority = field(kw_only=True)

    @property
    def url(self) -> str:
        return f"rediss://:{PASSWORD}@127.0.0.1:{self.port}/0"

    @property
    def queue(self) -> QueueSettings:
        certificate, key = self.authority.issue("client@example.org")
        return QueueSettings(
            redis_url=self.url,
            tls_ca_file=self.authority.file,
            tls_certificate_file=certificate,
            tls_key_file=key,
        )

    @property
    def configuration(self) -> tuple[str, ...]:
        certificate, key = self.authority.issue("127.0.0.1")
        return (
            "port 0",
            f"tls-port {self.port}",
            f"tls-ca-cert-file {quoted(self.authority.file)}",
            f"tls-cert-file {quoted(certificate)}",
            f"tls-key-file {quoted(key)}",
            f"requirepass {PASSWORD}",
        )


@dataclass
class RolesServer(TcpServer):
    """Has a user for each role and no other."""

    @property
    def queue(self) -> QueueSettings:
        return self.queue_of("admin")

    def queue_of(self, role: Role) -> QueueSettings:
        """Give the settings of a role; its password is in a file."""
        url = f"redis://{user_name(role, PREFIX)}@127.0.0.1:{self.port}/0"
        return QueueSettings(redis_url=url, password_file=self.folder / f"{role}.password")

    @property
    def configuration(self) -> tuple[str, ...]:
        made = molsteer("redis-users", self.folder)
        assert made.returncode == 0, made.stderr
        return (f"port {self.port}", made.stdout.splitlines()[0])
