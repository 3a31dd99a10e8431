"""The example command of molecular-design, word for word, with hosts of this machine."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from support.command import molsteer_in_background
from support.redis_server import TcpServer
from support.waiting import eventually

EXAMPLE = """
      --redishost thetamom1 \
      --redisport $REDIS_PORT \
      --qc-endpoint $THETA_ENDPOINT \
      --ml-endpoint $THETAGPU_ENDPOINT \
      --simulate-ps-backend redis \
      --infer-ps-backend file \
      --train-ps-backend file \
      --ps-threshold 500000 \
      --ps-file-dir $PROJECT_DIR/scratch/proxystore-dump
"""

CAMPAIGN = {
    "MOLSTEER_CAMPAIGN__BUDGET": "6",
    "MOLSTEER_POLICY__FIRST_TRAINING_AFTER": "3",
    "MOLSTEER_POLICY__DURING_UPDATE": "pause",
    "MOLSTEER_TRAIN__MEMBERS": "1",
    "MOLSTEER_TRAIN__EPOCHS": "2",
    "MOLSTEER_SIMULATE__SLOTS": "1",
}


@pytest.fixture
def example(server: TcpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    molecules = tmp_path / "molecules.smi"
    molecules.write_text("\n".join(["C", "N", "O", "CO", "C=O", "C#N", "CC", "CN", "N#N", "OO"]))
    for name, value in CAMPAIGN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MOLSTEER_CAMPAIGN__SPACE", str(molecules))
    monkeypatch.setenv("MOLSTEER_CAMPAIGN__RUN_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("MOLSTEER_QUEUE__REDIS_URL", server.url)
    place = {
        "thetamom1": "127.0.0.1",
        "$REDIS_PORT": str(server.port),
        "$THETA_ENDPOINT": "4b116d3c-1703-4f8f-9f6f-39921e5864df",
        "$THETAGPU_ENDPOINT": "venti",
        "$PROJECT_DIR": str(tmp_path),
    }
    text = EXAMPLE
    for name, value in place.items():
        text = text.replace(name, value)
    return tuple(shlex.split(text))


@contextmanager
def workers(tmp_path: Path, **pools: str) -> Iterator[None]:
    with ExitStack() as stack:
        for topic, pool in pools.items():
            process = molsteer_in_background(
                *("worker", topic, "--pool", pool, "--processes", "1"),
                *("--die-with-parent", str(os.getpid())),
                *("--stores-directory", tmp_path / "scratch" / "proxystore-dump"),
                output=tmp_path / f"{topic}.log",
            )
            stack.callback(process.wait, 120)
            stack.callback(process.terminate)
        yield


def test_the_example_names_pools_that_nobody_serves_and_runs_when_workers_come(
    example: tuple[str, ...], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    output = tmp_path / "output"
    steering = molsteer_in_background("run", *example, output=output)
    request.addfinalizer(steering.kill)
    theta = example[example.index("--qc-endpoint") + 1]
    for command in (
        f"molsteer worker simulate --pool {theta}",
        "molsteer worker train --pool venti",
        "molsteer worker infer --pool venti",
    ):
        eventually(lambda command=command: command in output.read_text())
    with workers(tmp_path, simulate=theta, train="venti", infer="venti"):
        assert steering.wait(240) == 0, output.read_text()
    assert "Ended: budget-reached." in output.read_text()
    assert "chosen by the models" in output.read_text()
    assert (tmp_path / "scratch" / "proxystore-dump").is_dir()
    assert os.environ["MOLSTEER_QUEUE__REDIS_URL"] not in output.read_text()
