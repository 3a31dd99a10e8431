"""Addresses of servers, with passwords and certificates."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

import pytest
import redis
from kombu import Connection
from pydantic import ValidationError

from molsteer.shared.bus.connection import connect
from molsteer.shared.errors import ServiceUnavailable, SettingsError
from molsteer.shared.foreign_text import shell_word
from molsteer.shared.host.files.private_files import write_private
from molsteer.shared.settings.loading import load
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.settings.server_url import ServerUrl, address, kombu_url, without_login
from molsteer.shared.settings.worker import WorkerSettings

pytestmark = pytest.mark.fast

AWKWARD = "p@ss:w/rd?#%41 ü"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://host", "host:6379"),
        ("redis://user:secret@host:1234/2", "host:1234/2"),
        ("redis://:secret@[::1]:1234/0", "::1:1234/0"),
        ("unix://:secret@/run/redis.sock?db=1", "/run/redis.sock"),
    ],
)
def test_an_address_shows_no_password(url: str, shown: str) -> None:
    assert address(url) == shown


def test_kombu_reads_sockets_in_its_own_way() -> None:
    for url, read in (
        ("redis://:pw@host:1/2", "redis://:pw@host:1/2"),
        ("unix://:pw@/run/r.sock?db=3", "redis+socket://:pw@/run/r.sock?virtual_host=3"),
        ("unix:///run/r.sock", "redis+socket:///run/r.sock?virtual_host=0"),
    ):
        assert kombu_url(ServerUrl(url)) == read


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "a&b ca.pem").touch()
    (tmp_path / "c.pem").touch()
    write_private(tmp_path / "c.key", "key")
    write_private(tmp_path / "password", f"{AWKWARD}\n")
    return {
        "tls_ca_file": tmp_path / "a&b ca.pem",
        "tls_certificate_file": tmp_path / "c.pem",
        "tls_key_file": tmp_path / "c.key",
        "password_file": tmp_path / "password",
    }


def test_both_libraries_verify_and_read_the_same_files_and_password(
    files: dict[str, Path],
) -> None:
    url = QueueSettings(redis_url="rediss://user@host:7000/3", **files).server_url
    with connect(url) as client:
        ours = client.connection_pool.connection_kwargs
    assert client.connection_pool.connection_class is redis.SSLConnection
    kombus = Connection(kombu_url(url))
    assert (ours["ssl_cert_reqs"], ours["ssl_check_hostname"]) == ("required", True)
    assert kombus.ssl["ssl_cert_reqs"] is ssl.CERT_REQUIRED
    assert kombus.ssl["ssl_check_hostname"] is True
    for name, file in (
        ("ssl_ca_certs", files["tls_ca_file"]),
        ("ssl_certfile", files["tls_certificate_file"]),
        ("ssl_keyfile", files["tls_key_file"]),
    ):
        assert ours[name] == kombus.ssl[name] == str(file)
    assert (ours["username"], ours["password"]) == ("user", AWKWARD)
    assert (kombus.userid, kombus.password) == ("user", AWKWARD)
    assert (kombus.hostname, kombus.port, kombus.virtual_host) == ("host", 7000, "3")


def test_a_bare_address_with_tls_is_verified_as_well() -> None:
    url = QueueSettings(redis_url="rediss://host").server_url
    assert Connection(kombu_url(url)).ssl["ssl_cert_reqs"] is ssl.CERT_REQUIRED
    with connect(url) as client:
        assert client.connection_pool.connection_kwargs["ssl_cert_reqs"] == "required"


def test_a_socket_takes_user_and_password_from_the_file(files: dict[str, Path]) -> None:
    queue = QueueSettings(
        redis_url="unix://user@/run/r.sock?db=2", password_file=files["password_file"]
    )
    with connect(queue.server_url) as client:
        ours = client.connection_pool.connection_kwargs
    assert (ours["username"], ours["password"], ours["db"]) == ("user", AWKWARD, 2)
    assert ours["path"] == "/run/r.sock"


def test_a_socket_needs_no_login() -> None:
    with connect(QueueSettings(redis_url="unix:///run/r.sock?db=2").server_url) as client:
        ours = client.connection_pool.connection_kwargs
    assert (ours["path"], ours["db"]) == ("/run/r.sock", 2)


@pytest.mark.parametrize(
    ("whole", "bare"),
    [
        (
            "rediss://u:pw@host:1/2?ssl_cert_reqs=required",
            "rediss://host:1/2?ssl_cert_reqs=required",
        ),
        ("unix://:pw@/run/r.sock?db=2", "unix:///run/r.sock?db=2"),
    ],
)
def test_an_address_can_lose_its_login(whole: str, bare: str) -> None:
    assert without_login(ServerUrl(whole)) == bare


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"redis_url": "http://host"}, "must begin with redis://, rediss:// or unix://"),
        ({"redis_url": "rediss://"}, "names no host"),
        ({"redis_url": "redis://host:0"}, "names no port that can be"),
        ({"redis_url": "redis://host/queues"}, "names no database by its number"),
        ({"redis_url": "unix:///s?db=queues"}, "names no database by its number"),
        ({"redis_url": "unix://"}, "names no socket; write unix:///PATH/TO/SOCKET"),
        ({"redis_url": "unix://run/redis.sock"}, "names no socket"),
        ({"redis_url": "rediss://h?ssl_cert_reqs=none"}, "certificates are always verified"),
        ({"redis_url": "redis://h/?db=3"}, r"has parameters \(db\)"),
        ({"redis_url": "unix:///s?ssl_check_hostname="}, r"has parameters \(ssl_check_hostname\)"),
        ({"tls_ca_file": "ca.pem"}, "tls_ca_file is of no use unless redis_url begins"),
        (
            {"redis_url": "rediss://h", "tls_key_file": "k"},
            "tls_certificate_file and tls_key_file belong together",
        ),
        ({"redis_url": "redis://:a@h", "password_file": "p"}, "both give a password"),
    ],
)
def test_settings_that_are_not_safe_or_clear_are_refused(
    settings: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        QueueSettings.model_validate(settings)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("hunter2/x", "names no port that can be"),
        ("hunter2℀", "not an address"),
        ("hunter2[", "not an a"),
    ],
)
def test_a_password_that_breaks_the_address_is_not_shown(password: str, sentence: str) -> None:
    url = f"redis://user:{password}@host:6379/0"
    with pytest.raises(SettingsError, match=f"{sentence}.* two hexadecimal digits") as told:
        load(WorkerSettings, None, {"queue": {"redis_url": url}})
    assert "hunter2" not in str(told.value)


def test_files_that_are_missing_or_open_to_others_are_refused(files: dict[str, Path]) -> None:
    for name in ("password_file", "tls_key_file"):
        files[name].chmod(0o640)
        with pytest.raises(
            ServiceUnavailable, match=re.escape(f"chmod 600 {shell_word(files[name])}")
        ):
            _ = QueueSettings(redis_url="rediss://host", **files).server_url
        files[name].chmod(0o600)
    files["tls_ca_file"].unlink()
    with pytest.raises(ServiceUnavailable, match="No such file"):
        _ = QueueSettings(redis_url="rediss://host", **files).server_url


def test_another_server_has_nothing_of_the_first_but_its_queues(files: dict[str, Path]) -> None:
    queue = QueueSettings(redis_url="rediss://host", prefix="mine", **files)
    moved = queue.at(ServerUrl("unix://:secret@/run/r.sock?db=0"))
    assert (moved.server_url, moved.prefix) == ("unix://:secret@/run/r.sock?db=0", "mine")
