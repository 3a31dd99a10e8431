"""`molsteer doctor` as a user runs it, before something goes wrong and after."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import molsteer
from support.redis_server import PASSWORD, TcpServer, tcp_server
from support.worker_process import running_worker

from molsteer.shared.bus.connection import connect
from molsteer.shared.bus.workers import SignOfLife, WorkerInfo
from molsteer.shared.doctor.machine import file_system
from molsteer.shared.doctor.settings import load_deployment
from molsteer.shared.doctor.workers import look_at_workers
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.blob import StoreName

EXAMPLE = Path(__file__).parents[2] / "examples" / "quickstart.toml"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TcpServer]:
    with tcp_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


def campaign(folder: Path, tables: str = "") -> Path:
    file = folder / "campaign.toml"
    file.write_text(
        '[campaign]\nspace = "a.smi"\nrun_dir = "RUN"\n[workers]\nserver = "external"\n'
        "local = false\n".replace("RUN", str(folder / "run"))
        + tables
    )
    (folder / "a.smi").write_text("CCO\n")
    return file


def findings(done: subprocess.CompletedProcess[str]) -> dict[str, list[tuple[str, str]]]:
    """Sort what was found by check: results and sentences."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in json.loads(done.stdout):
        found.setdefault(row["check"], []).append((row["result"], row["sentence"]))
        assert row["cure"] or row["result"] in {"ok", "skipped"}
    return found


def test_an_installation_that_works_has_no_problem(tmp_path: Path) -> None:
    done = molsteer("doctor", EXAMPLE)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    for part in ("python", "engine-tblite", "water has", "torch", "store-redis", "search-space"):
        assert part in done.stdout
    assert "problem" not in done.stdout


def test_a_server_that_others_use_is_looked_at_closely(server: TcpServer, tmp_path: Path) -> None:
    with connect(server.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        done = molsteer(
            *("doctor", campaign(tmp_path), "--only", "redis", "--json"),
            MOLSTEER_QUEUE__REDIS_URL=server.url,
        )
    finally:
        with connect(server.url) as client:
            client.config_set("maxmemory-policy", "noeviction")
    assert done.returncode == 1
    results = [result for result, _ in findings(done)["redis"]]
    assert results == ["ok", "ok", "ok", "problem", "ok", "ok"]
    assert "allkeys-lru" in done.stdout
    assert PASSWORD not in done.stdout + done.stderr


def test_a_refused_password_is_told_with_its_cure_and_not_shown(
    server: TcpServer, tmp_path: Path
) -> None:
    url = server.url.replace(PASSWORD, "wrong-one")
    done = molsteer(
        *("doctor", campaign(tmp_path), "--only", "redis", "--only", "workers"),
        MOLSTEER_QUEUE__REDIS_URL=url,
    )
    assert done.returncode == 1
    assert "refuses the user or password" in " ".join(done.stdout.split())
    assert (
        "Put the right ones into MOLSTEER_QUEUE__REDIS_URL or [queue] password_file." in done.stdout
    )
    assert "wrong-one" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("asked", "skipped"), [("redis", ["access", "store-redis", "workers"]), ("store-redis", [])]
)
def test_a_server_that_says_nothing_is_told_once_with_its_cure(
    asked: str, skipped: list[str]
) -> None:
    only = [word for check in (asked, *skipped) for word in ("--only", check)]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"rediss://127.0.0.1:{silent.getsockname()[1]}/0"
        done = molsteer("doctor", "--json", *only, MOLSTEER_QUEUE__REDIS_URL=url)
    assert done.returncode == 1
    told, *others = json.loads(done.stdout)
    assert "it does not answer in time" in told["sentence"]
    assert "whether its port is one for TLS" in told["cure"]
    assert [(row["check"], row["sentence"]) for row in others] == [
        (name, "It needs redis.") for name in skipped
    ]


def test_stores_are_tried_out_and_left_as_they_were(server: TcpServer, tmp_path: Path) -> None:
    file = campaign(tmp_path, f'[stores]\ndirectory = "{tmp_path / "objects"}"\n')
    before = sorted(tmp_path.rglob("*"))
    done = molsteer(
        *("doctor", file, "--only", "store-redis", "--only", "store-file", "--json"),
        MOLSTEER_QUEUE__REDIS_URL=server.url,
    )
    assert done.returncode == 0, done.stdout
    assert "written in" in findings(done)["store-redis"][0][1]
    assert "written in" in findings(done)["store-file"][0][1]
    assert sorted(tmp_path.rglob("*")) == before
    with connect(server.url) as client:
        assert client.keys("*doctor*") == []


@pytest.mark.parametrize(
    ("stores", "complaint"),
    [
        ("", "no folder that workers elsewhere can see"),
        ('directory = "/dev/null/objects"', "[stores] directory"),
    ],
)
def test_a_file_store_that_cannot_work_is_a_problem(
    server: TcpServer, tmp_path: Path, stores: str, complaint: str
) -> None:
    file = campaign(tmp_path, f"[stores]\n{stores}\n")
    done = molsteer("doctor", file, "--only", "store-file", MOLSTEER_QUEUE__REDIS_URL=server.url)
    assert done.returncode == 1
    assert complaint in done.stdout


def test_pools_are_told_with_their_workers_their_versions_and_who_is_missing(
    server: TcpServer, tmp_path: Path
) -> None:
    queue = QueueSettings(redis_url=server.url, prefix="pools")
    old = WorkerInfo(
        version="0.0.1", processes=2, topic="train", host="elsewhere", pid=7, python="3.11.0"
    )
    SignOfLife(queue, old).show()
    with running_worker(queue, tmp_path), connect(server.url) as client:
        for sign in client.scan_iter("pools:worker:*"):
            client.persist(sign)  # or a busy machine takes longer than it lasts
        done = molsteer(
            *("doctor", campaign(tmp_path), "--only", "workers", "--json"),
            MOLSTEER_QUEUE__REDIS_URL=server.url,
            MOLSTEER_QUEUE__PREFIX="pools",
            MOLSTEER_INFER__POOL="venti",
        )
    assert done.returncode == 1
    simulate, train, infer, version = findings(done)["workers"]
    assert (simulate[0], "1 at work with 1 processes" in simulate[1]) == ("ok", True)
    assert (train[0], "elsewhere" in train[1]) == ("ok", True)
    assert infer == ("problem", "infer: nobody, so its tasks wait.")
    assert "Start one: molsteer worker infer --pool venti." in done.stdout
    assert (version[0], "0.0.1" in version[1]) == ("problem", True)


def test_settings_that_cannot_be_used_end_it_with_all_their_problems(tmp_path: Path) -> None:
    file = campaign(tmp_path, "[queue]\nlease_s = -1\n[policy]\nbeta = 'high'\n[nonsense]\nx = 1\n")
    done = molsteer("doctor", file)
    assert (done.returncode, done.stdout) == (2, "")
    for place in ("[queue] lease_s", "[policy] beta", "[nonsense]"):
        assert done.stderr.count(place) == 1


def test_an_unknown_check_is_told_with_the_known_ones() -> None:
    done = molsteer("doctor", "--only", "weather")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no check 'weather' with these settings, but: " in done.stderr


@pytest.mark.parametrize(
    ("stores", "told"),
    [
        (("redis", "file"), None),
        (("redis",), ("problem", "train: workers on gpu1 have no store file.")),
        (("redis", "file", "globus"), ("warning", "and workers on gpu1 do not see it")),
    ],
)
def test_a_store_that_another_site_does_not_reach_is_found_before_the_campaign(
    server: TcpServer,
    tmp_path: Path,
    stores: tuple[StoreName, ...],
    told: tuple[str, str] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind = "nfs4" if told is None else "ext4"
    monkeypatch.setattr("molsteer.shared.doctor.workers.file_system", lambda _: kind)
    monkeypatch.setenv("MOLSTEER_QUEUE__REDIS_URL", server.url)
    tables = (
        f'[queue]\nprefix = "{len(stores)}"\n[stores]\ntrain = "file"\ndirectory = "{tmp_path}"\n'
    )
    settings = load_deployment(campaign(tmp_path, tables))
    far = WorkerInfo(
        version="1.0.0",
        processes=1,
        topic="train",
        host="gpu1",
        pid=7,
        python="3.11.7",
        stores=stores,
    )
    sign = SignOfLife(settings.queue, far)
    sign.show()
    found = [
        (finding.result, finding.sentence)
        for finding in look_at_workers(settings)
        if "gpu1" in finding.sentence and "store" in finding.sentence
    ]
    sign.withdraw()
    if told is None:
        assert found == []
    else:
        ((result, sentence),) = found
        assert (result, told[1] in sentence) == (told[0], True)


def test_the_kind_of_a_file_system_is_known_on_linux() -> None:
    assert file_system(Path("/proc")) == "proc"
