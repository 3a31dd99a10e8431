"""Passwords are where they have to be, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from support.command import molsteer_in_background
from support.external_campaign import ExternalCampaign
from support.guarded_servers import RolesServer
from support.leaks import leaks
from support.processes import below, environment_of
from support.waiting import eventually

from molsteer.shared.wire.topics import TOPICS


def test_the_password_of_a_server_is_in_its_file_only(
    roles_server: RolesServer, space: Path, tmp_path: Path
) -> None:
    queue = roles_server.queue
    assert queue.password_file is not None
    password = queue.password_file.read_text().strip()
    campaign = ExternalCampaign(tmp_path, queue, space)
    campaign.with_updates()
    with ExitStack() as stack:
        for topic in TOPICS:
            stack.enter_context(campaign.worker("--log-level", "debug", topic=topic))
        with campaign.steered() as steering:
            campaign.await_labels(1)
            assert leaks([password]) == []
            campaign.await_end(steering)
    # What was ever written to Redis is in its file: messages, outcomes, objects and their keys.
    assert leaks([password], tmp_path, roles_server.folder / "appendonlydir") == []


def test_the_password_of_an_embedded_server_is_known_to_its_workers_only(tmp_path: Path) -> None:
    (tmp_path / "molecules.smi").write_text("C\nN\nO\nCC\nCO\nCN\n", encoding="utf-8")
    settings = ("--space", tmp_path / "molecules.smi", "--budget", "4")
    place = ("--run-dir", tmp_path / "run")
    campaign = molsteer_in_background("run", *settings, *place, output=tmp_path / "output")
    try:
        password = eventually(lambda: next(passwords(campaign.pid), ""))
        servers = below(campaign.pid, "-server ")
        assert [server.net_connections("tcp") for server in servers] == [[]]
        assert leaks([password]) == []
        assert campaign.wait(300) == 0
    finally:
        campaign.kill()
        campaign.wait()
    assert leaks([password], tmp_path) == []


def passwords(pid: int) -> Iterator[str]:
    """Give what the workers of a campaign were told."""
    for worker in below(pid, " worker "):
        url = environment_of(worker).get("MOLSTEER_QUEUE__REDIS_URL", "")
        yield urlsplit(url).password or ""
