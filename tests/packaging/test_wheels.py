"""Wheels of the services, installed where there is no source, each with its own needs only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import Distribution, PackageNotFoundError, PathDistribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.redis_server import TcpServer, tcp_server
from support.worker_process import queue_variables

ROOT = Path(__file__).parents[2]
MOLECULES = ("C", "N", "O", "CC", "CO", "CN", "CF", "C#N", "C=O", "C#C", "C=C", "CCO")
CAMPAIGN = """
[campaign]
name = "from-wheels"
space = "molecules.smi"
budget = 8
run_dir = "run"
[policy]
first_training_after = 4
retrain_after = 4
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
"""
TOPICS = {"simulator": "simulate", "trainer": "train", "inferencer": "infer"}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make wheels` builds."""
    folder = tmp_path_factory.mktemp("wheels")
    sources = [ROOT, ROOT / "shared", *sorted((ROOT / "services").iterdir())]
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder, *sources],
        check=True,
    )
    return folder


def installed(wheels: Path, folder: Path, name: str) -> Path:
    """Install one of our distributions, and nothing but what it requires, into an environment.

    Packages of others are links to those installed here, so that nothing is downloaded.
    """
    venv = folder / name
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    ours, others = required(wheels, name)
    pip = [sys.executable, "-m", "pip", "--python", venv / "bin" / "python"]
    files = [wheel(wheels, each) for each in sorted(ours)]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", *files], check=True)
    for other in others:
        _link(other, packages)
    return venv / "bin" / "molsteer"


def required(wheels: Path, name: str) -> tuple[set[str], list[Distribution]]:
    """Follow what distributions require to its end: our own by name, and those of others."""
    ours, others = set[str](), dict[str, Distribution]()
    ahead, seen = [(name, "")], set[tuple[str, str]]()
    while ahead:
        if (needed := ahead.pop()) in seen:
            continue
        seen.add(needed)
        package, extra = needed
        if package.startswith("molsteer"):
            ours.add(package)
            found: Distribution = _wheel(wheels, package)
        else:
            try:
                found = others[package] = distribution(package)
            except PackageNotFoundError:
                continue  # a CUDA library that the CPU build of torch does without
        for requirement in map(Requirement, found.requires or []):
            if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
                continue
            needs = canonicalize_name(requirement.name)
            ahead += [(needs, each) for each in ("", *requirement.extras)]
    return ours, list(others.values())


def _wheel(wheels: Path, name: str) -> Distribution:
    (information,) = (
        part for part in zipfile.Path(wheel(wheels, name)).iterdir() if "dist-info" in part.name
    )
    return PathDistribution(information)


def wheel(wheels: Path, name: str) -> Path:
    (file,) = wheels.glob(f"{name.replace('-', '_')}-*.whl")
    return file


def _link(other: Distribution, packages: Path) -> None:
    """Let an environment have what a distribution holds."""
    for top in {Path(file).parts[0] for file in other.files or []} - {"..", "__pycache__"}:
        if not top.endswith(".pth") and not (packages / top).exists():
            (packages / top).symlink_to(other.locate_file(top))


@contextmanager
def running(
    arguments: list[str | Path], folder: Path, log: str, queue: dict[str, str]
) -> Iterator[None]:
    """Run a worker for a while, as somebody who has no clone."""
    with (folder / log).open("wb") as output:
        process = subprocess.Popen(
            arguments, cwd=folder, env=_clean() | queue, stdout=output, stderr=output
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(240)


def _clean() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TcpServer]:
    (tmp_path / "redis").mkdir()
    with tcp_server(tmp_path / "redis") as server:
        yield server


def test_four_services_each_with_its_own_needs_only_run_a_campaign(
    wheels: Path, server: TcpServer, tmp_path: Path
) -> None:
    (tmp_path / "molecules.smi").write_text("\n".join(MOLECULES))
    (tmp_path / "campaign.toml").write_text(CAMPAIGN)
    queue = queue_variables(server.queue) | {"MOLSTEER_STORES__DIRECTORY": str(tmp_path / "blobs")}
    steering = installed(wheels, tmp_path, "molsteer-steering")
    with ExitStack() as workers:
        for service, topic in TOPICS.items():
            program = installed(wheels, tmp_path, f"molsteer-{service}")
            command = [program, "worker", topic, "--processes", "1"]
            workers.enter_context(running(command, tmp_path, f"{topic}.log", queue))
        ended = subprocess.run(
            [steering, "run", "campaign.toml"],
            cwd=tmp_path,
            env=_clean() | queue,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    logs = [(tmp_path / f"{topic}.log").read_text() for topic in TOPICS.values()]
    assert ended.returncode == 0, (ended.stderr, logs)
    status = subprocess.run(
        [steering, "status", "--json", tmp_path / "run"],
        env=_clean(),
        capture_output=True,
        text=True,
        check=True,
    )
    progress = json.loads(status.stdout)
    assert (progress["done"], progress["activity"]) == (8, "ended: budget-reached"), progress
    assert progress["generation"] >= 1, "Nothing was trained and ranked."


def test_one_name_brings_all_services(wheels: Path, tmp_path: Path) -> None:
    program = installed(wheels, tmp_path, "molsteer")
    version = subprocess.run(
        [program, "version"], cwd=tmp_path, env=_clean(), capture_output=True, text=True, check=True
    )
    for service in ("shared", "steering", *TOPICS):
        assert service in version.stdout, version.stdout
