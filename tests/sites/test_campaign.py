"""A whole campaign with each service in a container of its own."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.containers import Image
from support.redis_server import TcpServer
from support.worker_process import queue_variables

pytestmark = pytest.mark.sites

MOLECULES = ("C", "N", "O", "CC", "CO", "CN", "CF", "C#N", "C=O", "C#C", "C=C", "CCO", "CCN", "CCC")
CAMPAIGN = """
[campaign]
name = "in-images"
space = "molecules.smi"
budget = 10
run_dir = "run"
[policy]
first_training_after = 4
retrain_after = 3
during_update = "pause"
buffer = 0
[simulate]
slots = 1
[train]
members = 2
epochs = 2
[workers]
server = "external"
local = false
[stores]
simulate = "redis"
train = "redis"
infer = "redis"
"""


def test_four_services_in_four_containers_run_a_campaign_that_is_whole(
    cpu: Image, gpu: Image, server: TcpServer, tmp_path: Path
) -> None:
    folder = tmp_path / "campaign"
    folder.mkdir()
    (folder / "molecules.smi").write_text("\n".join(MOLECULES))
    (folder / "campaign.toml").write_text(CAMPAIGN)
    queue = queue_variables(server.queue)
    services = {"simulator": cpu, "trainer": gpu, "inferencer": gpu}
    logs = {service: tmp_path / f"{service}.log" for service in services}
    steering = cpu.bound(folder).with_options(f"--pwd={folder}")
    with ExitStack() as workers:
        for service, image in services.items():
            one = ("--processes", "1")
            workers.enter_context(image.running(*one, app=service, log=logs[service], **queue))
        ended = steering.do("run", "campaign.toml", app="steering", **queue)
    said = {service: log.read_text() for service, log in logs.items()}
    assert ended.returncode == 0, (ended.stderr, said)

    progress = json.loads(steering.do("run", "status", "--json", "run").stdout)
    assert (progress["done"], progress["activity"]) == (10, "ended: budget-reached"), progress
    assert progress["generation"] >= 1, "Nothing was trained and ranked."
    verified = steering.do("run", "verify", "run")
    assert verified.returncode == 0, verified.stdout
    assert (folder / "run" / "report.md").exists()
