"""`molsteer doctor` says what is weak about a server, and nothing of one that is well guarded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command import molsteer
from support.guarded_servers import RolesServer, TlsServer
from support.redis_server import PASSWORD, tcp_server
from support.tcp_proxy import tcp_proxy
from support.worker_process import queue_variables

from molsteer.shared.bus.connection import connect
from molsteer.shared.bus.roles import Role
from molsteer.shared.foreign_text import shell_word
from molsteer.shared.settings.sections import QueueSettings

ALL = ("redis", "access", "store-redis", "workers")


def found(queue: QueueSettings, *checks: str) -> list[tuple[str, str]]:
    """Give what the checks say, as result and sentence."""
    only = [word for check in checks for word in ("--only", check)]
    done = molsteer("doctor", "--json", *only, **queue_variables(queue))
    rows = json.loads(done.stdout)
    assert all(row["cure"] or row["result"] in {"ok", "skipped"} for row in rows)
    return [(row["result"], row["sentence"]) for row in rows]


def test_a_server_for_everybody_is_weak_in_every_way(tmp_path: Path) -> None:
    with tcp_server(tmp_path) as server:
        with connect(server.queue.server_url) as client:
            client.config_set("requirepass", "")
            client.config_set("protected-mode", "no")
        queue = QueueSettings(redis_url=f"redis://127.0.0.1:{server.port}/0")
        login, transport, powers, protection = found(queue, "access")
    assert login == (
        "ok",
        "It lets everybody in, without a password. Only this machine reaches it by that name.",
    )
    assert transport == ("ok", "The connection does not leave this machine.")
    assert powers[0] == "warning"
    for power in ("CONFIG", "FLUSHALL", "KEYS"):
        assert power in powers[1]
    assert protection[0] == "warning"


def test_asking_about_dangerous_commands_runs_none(tmp_path: Path) -> None:
    with tcp_server(tmp_path) as server, connect(server.queue.server_url) as client:
        client.set("kept", "value")
        assert found(server.queue, "access")[0] == ("ok", "It lets nobody in without a password.")
        assert client.get("kept") == b"value"
        calls = client.info("commandstats")
        assert not {"cmdstat_flushall", "cmdstat_keys"} & calls.keys()


def test_asking_runs_none_even_if_the_connection_breaks_meanwhile(tmp_path: Path) -> None:
    with tcp_server(tmp_path) as server, tcp_proxy(server.port) as network:
        network.reset_at = b"FLUSHALL"
        url = server.url.replace(str(server.port), str(network.port))
        with connect(server.queue.server_url) as client:
            client.set("kept", "value")
            ((result, _),) = found(QueueSettings(redis_url=url), "access")
            assert client.get("kept") == b"value"
    assert result == "problem"


def test_tls_is_seen_with_the_certificates_end(tls_server: TlsServer) -> None:
    login, transport, certificate, powers = found(tls_server.queue, "access")
    assert login[0] == transport[0] == certificate[0] == "ok"
    assert "encrypted" in transport[1]
    assert "valid for" in certificate[1]
    assert powers[0] == "warning"


@pytest.mark.parametrize("role", ["steering", "simulator"])
def test_the_user_of_a_role_finds_nothing_weak(roles_server: RolesServer, role: Role) -> None:
    findings = found(roles_server.queue_of(role), *ALL)
    weak = [finding for finding in findings if finding[0] in {"warning", "problem"}]
    missing_workers = [finding for finding in weak if "nobody, so its tasks wait" in finding[1]]
    assert weak == missing_workers


def test_a_password_that_others_may_read_is_a_problem(
    roles_server: RolesServer, tmp_path: Path
) -> None:
    queue = roles_server.queue_of("steering")
    exposed = tmp_path / "password"
    exposed.write_text("secret")
    exposed.chmod(0o644)
    (finding,) = found(queue.model_copy(update={"password_file": exposed}), "access")
    assert finding[0] == "problem"
    assert "others may use it (mode 644)" in finding[1]


def test_a_password_in_a_file_that_others_may_read_is_refused_with_the_cure(
    tmp_path: Path,
) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text(f'[queue]\nredis_url = "redis://:{PASSWORD}@127.0.0.1:1/0"\n')
    file.chmod(0o640)
    done = molsteer("doctor", file)
    assert done.returncode == 2
    assert f"chmod 600 {shell_word(file)}" in done.stderr
    assert PASSWORD not in done.stderr
    file.chmod(0o600)
    assert "others may" not in molsteer("doctor", file).stderr


@pytest.mark.parametrize("command", [("worker", "simulate"), ("run",)])
def test_a_password_on_the_command_line_is_refused(command: tuple[str, ...]) -> None:
    done = molsteer(*command, "--queue-redis-url", f"redis://:{PASSWORD}@127.0.0.1:1/0")
    assert done.returncode == 2
    assert "MOLSTEER_QUEUE__REDIS_URL" in done.stderr
    assert PASSWORD not in done.stdout + done.stderr


def test_the_keys_of_a_server_are_looked_at(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    assert molsteer("keys", "new", str(keys)).returncode == 0
    elsewhere = QueueSettings(redis_url="redis://queues.example.org:6379/0")
    ((result, sentence),) = found(elsewhere, "keys")
    assert result == "warning"
    assert "not signed" in sentence
    signing = elsewhere.model_copy(update={"keys_file": keys})
    assert found(signing, "keys") == [
        ("ok", "Messages are signed; here are keys of simulate, train, infer.")
    ]
    keys.chmod(0o644)
    ((result, sentence),) = found(signing, "keys")
    assert result == "problem"
    assert "others may use it" in sentence
