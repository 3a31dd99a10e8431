"""What goes to Globus Compute, and what becomes of its answers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from globus_sdk.token_storage import SQLiteTokenStorage, TokenStorageData
from support.globus_compute import ENDPOINT, TOKEN, GlobusCompute, globus_compute

from molsteer.shared.bus.embedded_server import EmbeddedServer
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.worker.blocks import hosts
from molsteer.steering.sites.deployment import blocks
from molsteer.steering.sites.deployment.place import Place
from molsteer.steering.sites.errors import GlobusFailed
from molsteer.steering.sites.profile import load_profile
from molsteer.steering.sites.schedulers.globus_compute import (
    DISMISSED_S,
    LATE_S,
    SUBMITTED_WITHIN_S,
    GlobusBlocks,
    Known,
)
from molsteer.steering.sites.schedulers.globus_function import run_block

PROFILE = f"""
[site]
scheduler = "globus-compute"
[globus_compute]
endpoint = "{ENDPOINT}"
config = {{ account = "chem", nodes = 1 }}
[batch]
walltime = "00:55:00"
[simulator]
max_blocks = 2
"""


@pytest.fixture
def globus(monkeypatch: pytest.MonkeyPatch) -> Iterator[GlobusCompute]:
    with globus_compute() as service:
        service.held = True
        for name, value in service.variables.items():
            monkeypatch.setenv(name, value)
        yield service


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with EmbeddedServer() as server:
        yield server.url


class Site:
    """Blocks of a site, and the clock that they go by."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.queue = QueueSettings(redis_url=redis_url, prefix=f"site-{time.time_ns()}")
        self.folder, self.now = folder, 1_000_000.0
        file = folder / "site.toml"
        file.write_text(PROFILE)
        _, self._profile = load_profile(str(file))
        self._place = Place("site", folder / "deployed")
        self._place.jobs.mkdir(parents=True)
        self.name = self._place.job_name("simulate")
        self.script = self._place.jobs / "simulate.sh"
        self.script.write_text("echo of @BLOCK@\n")
        self.queues_are_away = False

    def blocks(self) -> GlobusBlocks:
        """Give what another process would have."""
        made = blocks.scheduler_of(self._profile, self._place, self._reached)
        assert isinstance(made, GlobusBlocks)
        made.clock = lambda: self.now
        return made

    def _reached(self) -> QueueSettings:
        away = {"redis_url": "redis://127.0.0.1:9/0"} if self.queues_are_away else {}
        return self.queue.model_copy(update=away)

    def begin(self, number: str) -> None:
        """Let a block tell where it is, as its worker does."""
        from molsteer.shared.worker.blocks import WantedBlock

        assert WantedBlock(self.queue, "simulate", number).show("node7")

    def states(self) -> list[str]:
        return [job.state for job in self.blocks().jobs([self.name])]


@pytest.fixture
def site(globus: GlobusCompute, tmp_path: Path, redis_url: str) -> Site:
    assert globus.held
    return Site(tmp_path, redis_url)


def test_what_is_sent_is_what_the_library_of_globus_compute_writes(
    site: Site, globus: GlobusCompute
) -> None:
    number = site.blocks().submit(site.script)
    registered, batch = map(json.loads, globus.bodies[1:])
    source = registered["function_code"]
    assert source.split("\n", 3)[1:3] == [
        "st",
        "run_block:def run_block(script: str, log: str) -> dict[str, object]:",
    ]
    assert int(source.split("\n")[0]) == len(source.split("\n", 1)[1])
    log = site.folder / "deployed" / "logs" / f"simulate-{number}.out"
    arguments = f'11\n["echo of {number}\\n", "{log}"]'
    (task,) = batch["tasks"].values()
    assert task == [f"{len(arguments)}\n{arguments}5\n11\n{{}}"]
    assert batch["user_endpoint_config"] == {"account": "chem", "nodes": 1}
    assert batch["create_queue"] is False


def test_another_process_finds_a_block_from_its_submission_to_its_end(
    site: Site, globus: GlobusCompute
) -> None:
    number = site.blocks().submit(site.script)
    assert site.states() == ["waiting"]
    site.begin(number)
    (job,) = site.blocks().jobs([site.name])
    assert (job.id, job.state, job.host, job.ends_at) == (
        number,
        "running",
        "node7",
        site.now + 3300,
    )
    assert not site.blocks().jobs(["of another deployment"])
    globus.release()
    for future in globus.tasks.values():
        assert future is not None
        future.result(60)
    assert site.states() == []
    assert "of " + number in (site.folder / f"deployed/logs/simulate-{number}.out").read_text()
    assert not list((site.folder / "deployed" / "blocks").iterdir())
    assert hosts(site.queue, [("simulate", number)]) == [None]


def test_a_block_that_globus_has_forgotten_ends_at_its_walltime(
    site: Site, globus: GlobusCompute
) -> None:
    number = site.blocks().submit(site.script)
    site.begin(number)
    globus.forget()
    assert site.states() == ["running"]
    site.now += 3300 + LATE_S + 1
    assert site.states() == []


def test_a_block_is_cancelled_also_while_redis_is_away(site: Site) -> None:
    running, waiting = site.blocks().submit(site.script), site.blocks().submit(site.script)
    site.begin(running)
    assert sorted(site.states()) == ["running", "waiting"]
    site.queues_are_away = True
    site.blocks().cancel([running, waiting])
    assert site.states() == ["ending", "ending"]
    site.queues_are_away = False
    assert site.states() == ["ending", "ending"]
    keys = [("simulate", running), ("simulate", waiting)]
    assert hosts(site.queue, keys) == [None, None]  # they are told as soon as they can be
    site.now += DISMISSED_S + 1
    assert site.states() == []


def test_a_block_whose_submission_was_interrupted_is_not_wanted_any_more(site: Site) -> None:
    number = site.blocks().submit(site.script)
    (file,) = (site.folder / "deployed" / "blocks").iterdir()
    known = Known.model_validate_json(file.read_text())
    file.write_text(known.model_copy(update={"task": ""}).model_dump_json())
    before = file.read_text()
    site.begin(number)
    assert site.states() == ["waiting"]  # another process may submit it just now,
    assert file.read_text() == before  # and what that writes down must not be overwritten
    site.now += SUBMITTED_WITHIN_S + 1
    assert site.states() == []
    assert hosts(site.queue, [("simulate", number)]) == [None]


def test_a_result_that_is_no_json_is_not_read(site: Site, globus: GlobusCompute) -> None:
    number = site.blocks().submit(site.script)
    (task,) = globus.tasks
    told = {"task_id": task, "status": "success", "result": "00\ngASVBAAAAAAAAABLAS4=\n"}
    globus._told = lambda _task: told  # type: ignore[method-assign]
    assert site.states() == []
    said = (site.folder / f"deployed/logs/simulate-{number}.out").read_text()
    assert said == "The endpoint gave a result that is no JSON.\n"


def test_the_login_of_globus_computes_own_programs_is_used(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("GLOBUS_COMPUTE_CLIENT_ID")
    monkeypatch.delenv("GLOBUS_COMPUTE_CLIENT_SECRET")
    monkeypatch.setenv("GLOBUS_COMPUTE_USER_DIR", str(tmp_path / "kept"))
    with pytest.raises(GlobusFailed, match="nobody has logged in on this machine"):
        site.blocks().jobs([site.name])
    storage = SQLiteTokenStorage(tmp_path / "kept" / "storage.db", namespace="user/production")
    storage.store_token_data_by_resource_server(
        {
            server: TokenStorageData(
                resource_server=server,
                identity_id="me",
                scope=scope,
                access_token=TOKEN,
                refresh_token="another",
                expires_at_seconds=int(time.time()) + 3600,
                token_type="Bearer",
            )
            for server, scope in {
                "funcx_service": "https://auth.globus.org/scopes/"
                "facd7ccc-c5f4-42aa-916b-a0e270e2c2a9/all",
                "auth.globus.org": "openid",
            }.items()
        }
    )
    storage.close()
    assert site.blocks().submit(site.script)


def test_a_block_tells_its_status_and_the_last_that_it_said(tmp_path: Path) -> None:
    log = tmp_path / "log"
    told = run_block(f"echo first; exec >>{log} 2>&1; echo last; exit 3", str(log))
    assert told == {"status": 3, "said": "first\nlast\n"}
