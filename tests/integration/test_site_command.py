"""Sites without a batch system, brought up and down with the command."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from support.command import molsteer, molsteer_in_background
from support.guarded_servers import Authority
from support.redis_server import TcpServer, free_port
from support.toy_site import ToySite
from support.waiting import eventually
from support.worker_process import await_end

from molsteer.shared.bus.workers import live_workers
from molsteer.shared.settings.sections import QueueSettings


@pytest.fixture
def toys(tmp_path: Path) -> Iterator[ToySite]:
    toys = ToySite(tmp_path)
    yield toys
    toys.end()


def queue_of(toys: ToySite) -> QueueSettings:
    state = toys.deployment.place.read()
    return QueueSettings.model_validate(toys.deployment.settings(state)["queue"])


def test_bringing_up_twice_is_bringing_up_once_and_down_leaves_nothing(toys: ToySite) -> None:
    toys.write(simulator="min_blocks = 1")
    toys.done("up")
    (job,) = toys.deployment.jobs()
    port = toys.deployment.place.read().port
    told = toys.done("up")
    assert [each.id for each in toys.deployment.jobs()] == [job.id]
    assert toys.deployment.place.read().port == port
    assert "simulator: 1 block of 1 wanted" in told
    assert f"{job.id} runs on " in told
    workers = eventually(lambda: [each.pid for each in live_workers(queue_of(toys))])

    folder = toys.profile.with_suffix("")
    secret = [*(folder / "secrets").iterdir(), *(folder / "workers").iterdir()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in secret} == {0o600}

    toys.done("down")
    await_end(workers)
    toys.assert_nothing_left()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()
    assert "Nothing of the site 'toys' is up" in toys.refused("down")
    assert "Nothing of the site 'toys' is up" in toys.refused("status")


def test_nobody_gets_in_without_a_password_of_the_site(toys: ToySite) -> None:
    toys.write()
    toys.done("up")
    port = toys.deployment.place.read().port
    with redis.Redis("127.0.0.1", port) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_workers_come_to_a_server_of_the_site_that_speaks_tls_only(
    toys: ToySite, tmp_path: Path
) -> None:
    authority = Authority(tmp_path, "authority")
    certificate, key = authority.issue("localhost")
    file = toys.write(simulator="min_blocks = 1")
    text = file.read_text().replace("[site]\n", '[site]\nnetwork = "tls"\n')
    files = {"certificate_file": certificate, "key_file": key, "authority_file": authority.file}
    lines = "".join(f'{name} = "{path}"\n' for name, path in files.items())
    file.write_text(text.replace("[redis]\n", f"[redis]\n{lines}"))
    toys.done("up")
    queue = queue_of(toys)
    assert queue.redis_url.startswith("rediss://molsteer-steering@localhost:")
    eventually(lambda: len(live_workers(queue)) == 1)
    toys.done("down")
    toys.assert_nothing_left()


def test_a_site_is_scaled_up_to_its_limit_and_down_and_tells_what_runs(toys: ToySite) -> None:
    toys.write()
    toys.done("up")
    toys.done("scale", "simulator=2")
    assert len(toys.deployment.jobs()) == 2
    assert "[simulator] max_blocks: is 2, and 3 are wanted" in toys.refused("scale", "simulator=3")
    assert "Did you mean simulator?" in toys.refused("scale", "simulater=1")
    toys.done("scale", "simulator=1")
    told = json.loads(toys.done("status", "--json"))
    simulator, *_ = told["services"]
    assert (simulator["service"], simulator["wanted"], len(simulator["jobs"])) == (
        "simulator",
        1,
        1,
    )
    assert len(simulator["ended"]) == 1
    eventually(lambda: "simulate-" in toys.done("logs", "simulator", "-n", "5"))
    toys.done("scale", "simulator=0")
    assert toys.deployment.jobs() == []


def test_a_server_that_died_is_started_again_with_what_it_held(toys: ToySite) -> None:
    toys.write()
    toys.done("up")
    queue = queue_of(toys)
    admin = queue.model_copy(
        update={
            "redis_url": queue.redis_url.replace("molsteer-steering", "molsteer-admin"),
            "password_file": toys.profile.with_suffix("") / "secrets" / "admin.password",
        }
    )
    with redis.Redis.from_url(admin.server_url) as client:
        client.set("kept", "yes")
        process = int(client.info()["process_id"])
        eventually(lambda: client.info()["aof_pending_bio_fsync"] == 0)
    os.kill(process, signal.SIGKILL)
    await_end([process])
    toys.done("up")
    with redis.Redis.from_url(admin.server_url) as client:
        assert client.get("kept") == b"yes"


def test_a_campaign_brings_its_site_up_and_takes_it_down_and_goes_on_with_it(
    toys: ToySite,
) -> None:
    toys.write()
    toys.hold(4)
    process = toys.steer()
    eventually(lambda: toys.labels() >= 4)
    process.send_signal(signal.SIGINT)
    eventually(lambda: "Ctrl-C again ends at once" in toys.log)
    process.send_signal(signal.SIGINT)
    assert process.wait(240) == 130
    toys.assert_nothing_left()
    toys.release()
    going_on = molsteer("continue", toys.run_dir, "--site", toys.profile)
    assert going_on.returncode == 0, going_on.stderr
    toys.assert_whole()
    toys.assert_nothing_left()
    assert "No worker serves" not in toys.log + going_on.stderr


def test_what_a_killed_campaign_left_up_is_taken_over_and_taken_down_by_the_next(
    toys: ToySite,
) -> None:
    toys.write()
    toys.hold(4)
    process = toys.steer()
    eventually(lambda: toys.labels() >= 4)
    process.kill()
    process.wait()
    assert toys.deployment.jobs()
    toys.release()
    toys.await_end(toys.steer())
    toys.assert_whole()
    toys.assert_nothing_left()


def test_a_site_that_was_up_stays_up_after_a_campaign(toys: ToySite) -> None:
    toys.write(simulator="min_blocks = 1")
    toys.done("up")
    toys.await_end(toys.steer())
    assert [job.state for job in toys.deployment.jobs()][:1] == ["running"]
    assert (
        "--dry-run submits nothing"
        in molsteer("run", "--space", "m.smi", "--site", toys.profile, "--dry-run").stderr
    )


def test_blocks_that_end_at_once_again_and_again_end_the_run_with_their_last_words(
    toys: ToySite,
) -> None:
    file = toys.write()
    file.write_text(file.read_text().replace("toy_services:simulator", "toy_services:nobody"))
    process = toys.steer()
    assert process.wait(300) == 2
    assert "3 blocks of simulator ended right after their start. The last words: " in toys.log
    assert "nobody" in toys.log
    toys.assert_nothing_left()


# What is in the way is told in one sentence, with exit status 2.


def test_a_port_that_is_taken_is_told_and_another_one_is_as_good(toys: ToySite) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        file = toys.write()
        usual = file.read_text()
        file.write_text(usual.replace("[redis]\n", f"[redis]\nport = {port}\n"))
        told = toys.refused("up")
        assert f"Redis cannot be started at localhost:{port}" in told
        assert "Choose another port as [redis] port, or let 0 choose one." in told
        file.write_text(usual)
        toys.done("up")


def test_a_server_that_refuses_the_password_is_told(toys: ToySite, tmp_path: Path) -> None:
    server = TcpServer(tmp_path, free_port())
    server.start()
    try:
        file = toys.write()
        url = f"redis://:wrong-word@127.0.0.1:{server.port}/0"
        text = file.read_text().replace("[redis]\n", "[redis]\nstart = false\n")
        file.write_text(text.replace("[queue]\n", f'[queue]\nredis_url = "{url}"\n'))
        file.chmod(0o600)
        told = toys.refused("up")
        assert f"Redis at 127.0.0.1:{server.port}/0 cannot be used: it refuses the user or" in told
        assert "wrong-word" not in told
    finally:
        server.kill()


def test_a_deployment_is_changed_by_one_command_at_a_time(toys: ToySite) -> None:
    toys.write()
    toys.done("up")
    with (toys.profile.with_suffix("") / ".lock").open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        told = toys.refused("up")
    assert "The deployment of 'toys' is being changed by process " in told


def test_two_sites_cannot_share_a_folder(toys: ToySite) -> None:
    file = toys.write()
    toys.done("up")
    folder = toys.profile.with_suffix("")
    other = file.with_name("other.toml")
    other.write_text(file.read_text().replace("[site]\n", f'[site]\ndirectory = "{folder}"\n'))
    told = molsteer("site", "up", other)
    assert told.returncode == 2
    assert "holds another deployment: that of the site 'toys'" in told.stderr


def test_a_missing_image_and_one_of_another_version_are_told(
    toys: ToySite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = tmp_path / "cpu.sif"
    toys.write(tables=f'[image]\ncpu = "{image}"\n')
    assert f"The image {image} cannot be used: there is no such file." in toys.refused("up")
    image.touch()
    apptainer = tmp_path / "apptainer"
    labels = {"org.opencontainers.image.version": "0.0.9"}
    document = json.dumps({"data": {"attributes": {"labels": labels}}})
    apptainer.write_text(f"#!/bin/sh\necho '{document}'\n")
    apptainer.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    told = toys.refused("up")
    assert "it holds molsteer 0.0.9, and this is 0.1.0. Build it again with `make images`." in told
    assert not toys.deployment.is_up


def test_a_full_disk_is_told(toys: ToySite) -> None:
    file = toys.write()
    file.write_text(file.read_text().replace("[site]\n", '[site]\ndirectory = "/proc/molsteer"\n'))
    told = toys.refused("up")
    assert "The folder /proc/molsteer cannot be made: " in told
    assert "[site] directory" in told


def test_a_machine_without_the_scheduler_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toys = ToySite(tmp_path, "lsf")
    toys.write()
    told = toys.refused("up")
    assert "There is no LSF on this machine: the command bjobs is not found." in told
    assert not toys.profile.with_suffix("").exists()


def test_an_unknown_site_is_told(tmp_path: Path) -> None:
    told = molsteer("site", "up", tmp_path / "nowhere.toml")
    assert told.returncode == 2
    assert "There is no site 'nowhere'" in told.stderr
    campaign = molsteer("run", "--space", "m.smi", "--site", tmp_path / "nowhere.toml")
    assert campaign.returncode == 2
    assert "There is no site 'nowhere'" in campaign.stderr


def test_a_new_profile_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written = molsteer("site", "init", "mine", "--scheduler", "slurm")
    assert written.returncode == 0, written.stderr
    rendered = molsteer("site", "render", "mine")
    assert "#SBATCH --partition=standard" in rendered.stdout
    again = molsteer("site", "init", "mine", "--scheduler", "pbs")
    assert again.returncode == 2
    assert "it exists already" in again.stderr


def test_a_deployment_whose_making_was_killed_is_made_whole_by_the_same_command(
    toys: ToySite,
) -> None:
    toys.write(simulator="min_blocks = 1")
    output = toys.folder / "up.log"
    killed = molsteer_in_background("site", "up", toys.profile, output=output)
    eventually((toys.profile.with_suffix("") / "secrets" / "users.acl").is_file)
    killed.kill()
    killed.wait()
    toys.done("up")
    assert len(toys.deployment.jobs()) == 1
    eventually(lambda: len(live_workers(queue_of(toys))) == 1)
    toys.done("down")
    toys.assert_nothing_left()
