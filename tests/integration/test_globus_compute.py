"""Sites whose blocks an endpoint of Globus Compute starts; the endpoint is one of this machine."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.globus_compute import ENDPOINT, GlobusCompute, globus_compute
from support.toy_site import ToySite
from support.waiting import eventually
from support.worker_process import await_end

from molsteer.shared.bus.workers import live_workers
from molsteer.shared.settings.sections import QueueSettings

pytestmark = pytest.mark.timeout(900)

DEADLINE_S = 400.0
"""Blocks come and go with each task, and each is a program that has to start."""


@pytest.fixture
def globus(monkeypatch: pytest.MonkeyPatch) -> Iterator[GlobusCompute]:
    with globus_compute() as service:
        for name, value in service.variables.items():
            monkeypatch.setenv(name, value)
        yield service


@pytest.fixture
def toys(globus: GlobusCompute, tmp_path: Path) -> Iterator[ToySite]:
    toys = ToySite(tmp_path / "here", "globus-compute")
    toys.folder.mkdir()
    yield toys
    globus.held = False
    toys.end()


def write(toys: ToySite, simulator: str = "", folder: Path | None = None, **given: str) -> Path:
    there = f'folder = "{folder}"\n' if folder else ""
    endpoint = given.get("endpoint", ENDPOINT)
    stores = '[stores]\ninfer = "redis"\n'
    tables = f'[globus_compute]\nendpoint = "{endpoint}"\n{there}{stores}'
    return toys.write(simulator=simulator, tables=tables)


def workers_of(toys: ToySite) -> list[int]:
    state = toys.deployment.place.read()
    queue = QueueSettings.model_validate(toys.deployment.settings(state)["queue"])
    return [worker.pid for worker in live_workers(queue)]


def test_a_campaign_runs_to_its_end_on_a_machine_that_sees_nothing_of_this_one(
    toys: ToySite, globus: GlobusCompute, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    file = write(toys, "min_blocks = 1", there)
    command = f'molsteer = "{sys.executable} -m molsteer.shared.cli"'
    file.write_text(file.read_text().replace("[site]\n", f"[site]\n{command}\n"))
    globus.held = True
    told = toys.done("up")
    written = toys.profile.with_suffix("") / "endpoint"
    assert f"Copy what is in {written} into {there} of the endpoint's machine" in told
    assert re.search(r"[0-9a-f]{12} waits: the endpoint does not tell why", told)
    shutil.copytree(written, there)
    shutil.rmtree(written)  # so that nobody reads it here
    globus.release()

    toys.await_end(toys.steer("--policy-during-update", "pause"), DEADLINE_S)
    toys.assert_whole()
    assert toys.rows("SELECT 1 FROM task WHERE topic = 'train' AND status = 'ok'")
    # Those that were taken back when the campaign ended may be others than the one that began last.
    eventually(lambda: re.search(r"[0-9a-f]{12} runs on \S+, until ", toys.done("status")))
    workers = eventually(lambda: workers_of(toys))
    secrets = [
        line
        for secret in (toys.profile.with_suffix("") / "secrets").iterdir()
        for line in re.findall(r"[\w+/=-]{32,}", secret.read_text())
    ]
    assert len(secrets) > 6
    assert not [secret for secret in secrets if secret in "".join(globus.bodies)]
    toys.done("down")
    await_end(workers)
    toys.assert_nothing_left()
    said = [path.read_text() for path in (toys.profile.with_suffix("") / "logs").glob("*-*.out")]
    assert any("its block is not wanted any more" in each for each in said)


def test_a_block_that_runs_is_told_to_end_and_one_that_waits_ends_when_it_begins(
    toys: ToySite, globus: GlobusCompute
) -> None:
    write(toys, "min_blocks = 1")
    toys.done("up")
    workers = eventually(lambda: workers_of(toys))
    globus.held = True
    toys.done("scale", "simulator=2")
    assert sorted(job.state for job in toys.deployment.jobs()) == ["running", "waiting"]
    toys.done("scale", "simulator=1")
    assert [job.state for job in toys.deployment.jobs()] == ["running"]
    globus.release()
    eventually(lambda: all(task and task.done() for task in list(globus.tasks.values())[1:]))
    (ended,) = [task for task in list(globus.tasks.values())[1:] if task]
    assert "is not wanted any more; this worker ends." in logs_of(toys)
    assert '"status": 0' in ended.result()
    assert workers_of(toys) == workers

    toys.done("scale", "simulator=0")
    await_end(workers)
    eventually(lambda: not toys.deployment.jobs())


def logs_of(toys: ToySite) -> str:
    folder = toys.profile.with_suffix("") / "logs"
    return "".join(file.read_text() for file in folder.glob("simulate-*.out"))


def test_what_a_killed_campaign_left_is_taken_over_by_the_next(
    toys: ToySite, globus: GlobusCompute
) -> None:
    write(toys)
    toys.hold(4)
    process = toys.steer()
    eventually(lambda: toys.labels() >= 4)
    process.kill()
    process.wait()
    before = {job.id for job in toys.deployment.jobs()}
    assert before
    toys.release()
    toys.await_end(toys.steer(), DEADLINE_S)
    toys.assert_whole()
    toys.assert_nothing_left()
    assert len(globus.functions) <= 2  # of each process one, if it submits any


def test_workers_end_with_the_endpoint_and_others_take_their_place(
    toys: ToySite, globus: GlobusCompute
) -> None:
    write(toys)
    toys.hold(4)
    process = toys.steer()
    eventually(lambda: toys.labels() >= 4)
    workers = workers_of(toys)
    globus.kill()
    await_end(workers)
    toys.release()
    toys.await_end(process, DEADLINE_S)
    toys.assert_whole()
    toys.assert_nothing_left()


def test_blocks_that_do_not_find_their_settings_there_end_the_run_with_their_last_words(
    toys: ToySite, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    file = write(toys, folder=there)
    command = f'molsteer = "{sys.executable} -m molsteer.shared.cli"'
    file.write_text(file.read_text().replace("[site]\n", f"[site]\n{command}\n"))
    process = toys.steer()
    assert process.wait(240) == 2
    assert "3 blocks of simulator ended right after their start. The last words: " in toys.log
    missing = f"{there}/simulate.json cannot be used: There is no such file. Check the path."
    assert missing in toys.log
    toys.assert_nothing_left()


# What is in the way is told in one sentence, with exit status 2.


def test_an_endpoint_that_is_away_is_told_and_nothing_is_submitted(
    toys: ToySite, globus: GlobusCompute
) -> None:
    write(toys, "min_blocks = 1")
    globus.status = "offline"
    told = toys.refused("up")
    assert f"Globus Compute cannot be used: the endpoint {ENDPOINT} is offline. Start it" in told
    assert not globus.tasks
    globus.status = "online"
    toys.done("up")
    assert len(globus.tasks) == 1


def test_an_endpoint_that_nobody_knows_is_told(toys: ToySite) -> None:
    write(toys, "min_blocks = 1", endpoint=ENDPOINT.replace("c", "e"))
    assert "is not known. Correct [globus_compute] endpoint." in toys.refused("up")


def test_whoever_has_not_logged_in_is_told_how_to(
    toys: ToySite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GLOBUS_COMPUTE_CLIENT_SECRET")
    monkeypatch.setenv("GLOBUS_COMPUTE_USER_DIR", str(toys.folder / "globus"))
    write(toys)
    told = toys.refused("up")
    assert "nobody has logged in on this machine. Log in with `molsteer site login NAME`." in told
    assert not toys.profile.with_suffix("").exists()


def test_globus_that_does_not_answer_is_told(
    toys: ToySite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_AUTH", "http://127.0.0.1:9/")
    write(toys)
    told = toys.refused("up")
    assert "Globus Compute cannot be used: " in told
    assert "Check the network, and HTTPS_PROXY." in told
