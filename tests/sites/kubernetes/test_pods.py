"""The pods of the overlay `test` run a campaign, under all the restrictions of the others."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import molsteer
from support.manifests import Manifest, of_kind, rendered, workloads
from support.podman import Pods, bring_image, check_podman, played
from support.waiting import eventually

from molsteer.steering.sites.kubernetes.secrets import make_secrets, written

pytestmark = [pytest.mark.sites, pytest.mark.timeout(1200)]

SERVICES = ("steering", "simulator", "trainer", "inferencer")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pods")


@pytest.fixture(scope="module")
def pods(folder: Path) -> Iterator[Pods]:
    check_podman()
    for name in ("cpu", "gpu"):
        bring_image(name, f"localhost/molsteer-{name}:0.1.0", folder)
    make_secrets(folder / "secrets")
    lines = written(folder / "secrets", "molsteer").splitlines()
    files: list[Manifest] = [json.loads(line) for line in lines]
    manifests = rendered("test")
    files += of_kind(manifests, "ConfigMap")
    redis = [each for each in workloads(manifests) if each["metadata"]["name"] == "redis"]
    others = [each for each in workloads(manifests) if each["metadata"]["name"] != "redis"]
    with played(("redis", [*files, *redis]), ("others", [*files, *others]), folder=folder) as up:
        yield up


def test_a_campaign_runs_to_its_end_and_its_results_are_copied_out(
    pods: Pods, folder: Path
) -> None:
    def has_ended() -> bool:
        asked = ("molsteer", "status", "--json", "/campaign/runs/first")
        said = subprocess.run(
            ["podman", "exec", "steering-pod-files", *asked],
            capture_output=True,
            text=True,
            check=False,
        )
        return said.returncode == 0 and json.loads(said.stdout)["activity"].startswith("ended")

    try:
        eventually(has_ended, 600.0)
    except AssertionError:
        pytest.fail("\n".join(f"{service}: {pods.log(service)}" for service in SERVICES))
    packed = subprocess.run(
        ["podman", "exec", "steering-pod-files", "tar", "-C", "/campaign", "-c", "runs"],
        capture_output=True,
        check=True,
    )
    subprocess.run(["tar", "-C", folder, "-x"], input=packed.stdout, check=True)
    verified = molsteer("verify", folder / "runs" / "first")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    told = json.loads(molsteer("status", "--json", folder / "runs" / "first").stdout)
    assert told["done"] == 8
    assert told["generation"] >= 1


@pytest.mark.parametrize("service", [*SERVICES[1:], "redis"])
def test_a_pod_has_given_up_its_rights(pods: Pods, service: str) -> None:
    status = dict(
        line.split(":\t", 1) for line in pods.run(service, "cat", "/proc/1/status").splitlines()
    )
    assert int(status["Uid"].split()[0]) == 10_001
    assert int(status["CapEff"], 16) == 0
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    with pytest.raises(AssertionError, match="Read-only file system"):
        pods.run(service, "touch", "/opt/new")
