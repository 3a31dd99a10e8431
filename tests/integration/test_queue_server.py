"""The embedded server: private, guarded by a password, and gone without a trace."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from support.waiting import eventually
from support.worker_process import contained_worker, running_worker

from molsteer.shared.bus.connection import connect
from molsteer.shared.bus.embedded_server import EmbeddedServer, find_server
from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.host.files.temporary_folders import remove_folders_of_the_dead
from molsteer.shared.settings.sections import QueueSettings

OWNER = """
import signal
from molsteer.shared.bus.embedded_server import EmbeddedServer
with EmbeddedServer() as server:
    print(server.folder, flush=True)
    signal.pause()
"""


def socket_of(server: EmbeddedServer) -> Path:
    return Path(urlsplit(server.url).path)


def test_it_answers_while_the_context_lasts_and_leaves_nothing() -> None:
    with EmbeddedServer() as server, connect(server.url) as client:
        assert client.ping()
        folder = socket_of(server).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert client.config_get("port")["port"] == "0"
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        pid = int(client.info("server")["process_id"])
        password = urlsplit(server.url).password
        assert password
        assert password not in Path(f"/proc/{pid}/cmdline").read_text()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_refuses_whoever_does_not_know_the_password() -> None:
    with (
        EmbeddedServer() as server,
        connect(f"unix://{socket_of(server)}") as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_a_server_that_ends_at_once_is_told_with_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "redis-server").write_text("#!/bin/sh\necho It is too old.\nexit 1\n")
    (tmp_path / "redis-server").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(ServiceUnavailable) as told, EmbeddedServer():
        pass
    assert told.value.reason == "it ended and says: It is too old"
    assert 'server = "external"' in told.value.cure


def test_with_a_folder_of_its_own_it_remembers(tmp_path: Path) -> None:
    for expected in (None, b"kept"):
        with EmbeddedServer(tmp_path / "data") as server, connect(server.url) as client:
            assert client.get("key") == expected
            client.set("key", "kept")


def test_a_long_temporary_folder_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / ("long" * 30)))
    with EmbeddedServer() as server, connect(server.url) as client:
        assert client.ping()


def test_a_folder_that_cannot_be_made_is_told_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(ServiceUnavailable, match="its folder cannot be made"),
        EmbeddedServer(tmp_path / "file" / "data"),
    ):
        pass


def test_a_server_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").write_text("in the way")
    with (
        pytest.raises(ServiceUnavailable, match="appendonlydir"),
        EmbeddedServer(tmp_path),
    ):
        pass


def test_without_a_server_on_the_path_the_wheel_provides_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    assert find_server().name == "valkey-server"
    with EmbeddedServer() as server, connect(server.url) as client:
        assert client.ping()


def test_what_a_killed_owner_leaves_goes_with_the_next_worker(tmp_path: Path) -> None:
    with EmbeddedServer() as server:
        with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE) as owner:
            assert owner.stdout is not None
            left = Path(os.fsdecode(owner.stdout.readline().strip()))
            assert left.is_dir()
            owner.kill()  # from now on, workers of other tests may remove it as well
        with running_worker(QueueSettings(redis_url=server.url), tmp_path):
            assert not left.exists()
            assert server.folder.is_dir()


def test_a_worker_that_sees_none_of_our_processes_leaves_them_their_folders(tmp_path: Path) -> None:
    with EmbeddedServer() as server, connect(server.url) as client:
        queue = QueueSettings(redis_url=server.url)
        with running_worker(queue, tmp_path) as ours, contained_worker(queue, tmp_path):
            # The newcomer looked for folders of the dead before it was ready.
            assert len(list(ours.temporary.glob("molsteer-*"))) == 2
            assert server.folder.is_dir()
            assert client.ping()


def test_a_server_whose_socket_was_removed_is_started_again() -> None:
    with EmbeddedServer() as server:
        server.furnish(lambda folder: (folder / "keys.json").write_text("keys") and None)
        for remove in (lambda: socket_of(server).unlink(), lambda: shutil.rmtree(server.folder)):
            remove()
            assert server.keep_running()
            assert not server.keep_running()
            with connect(server.url) as client:
                assert client.ping()
            assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
            assert (server.folder / "keys.json").read_text() == "keys"
        remove_folders_of_the_dead()
        assert server.folder.is_dir()
    assert not server.folder.exists()


def test_it_starts_again_at_the_same_place_when_it_was_killed() -> None:
    with EmbeddedServer() as server:
        assert not server.keep_running()
        before = server.url
        with connect(server.url) as client:
            pid = int(client.info("server")["process_id"])
            os.kill(pid, signal.SIGKILL)
            eventually(server.keep_running)
            assert client.ping()
        assert server.url == before
