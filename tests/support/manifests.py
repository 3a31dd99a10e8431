"""What kustomize makes of deploy/k8s, by the real kubectl."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

K8S = Path(__file__).parents[2] / "deploy" / "k8s"
OVERLAYS = sorted(folder.name for folder in (K8S / "overlays").iterdir())

Manifest = dict[str, Any]


def kubectl() -> str:
    """Find kubectl; where it is missing, skip the test or fail it, if CI is set."""
    found = shutil.which("kubectl")
    if found is None:
        reason = "kubectl is not on the PATH; deploy/k8s/get_kubectl.sh brings it."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def rendered(overlay: str) -> tuple[Manifest, ...]:
    """Render an overlay; whoever changes something in it takes a copy."""
    return _rendered(kubectl(), overlay)


@cache
def _rendered(kubectl: str, overlay: str) -> tuple[Manifest, ...]:
    command = [kubectl, "kustomize", K8S / "overlays" / overlay]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(manifests: Sequence[Manifest], *kinds: str) -> list[Manifest]:
    """Choose manifests by their kind."""
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def workloads(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Choose what makes pods."""
    return of_kind(manifests, "Deployment", "StatefulSet")


def pod_of(workload: Manifest) -> Manifest:
    """Give the specification of a workload's pods."""
    found: Manifest = workload["spec"]["template"]["spec"]
    return found


def labels_of(workload: Manifest) -> dict[str, str]:
    """Give the labels of a workload's pods."""
    found: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return found


def containers(workload: Manifest) -> list[Manifest]:
    """Give all containers of a workload's pods, those that run first included."""
    pod = pod_of(workload)
    return [*pod.get("initContainers", []), *pod["containers"]]


def names(manifests: Sequence[Manifest], kind: str) -> set[str]:
    """Name what there is of a kind."""
    return {manifest["metadata"]["name"] for manifest in of_kind(manifests, kind)}


def selected(manifests: Sequence[Manifest], labels: dict[str, str]) -> Iterator[Manifest]:
    """Choose the workloads whose pods bear labels."""
    for workload in workloads(manifests):
        if labels.items() <= labels_of(workload).items():
            yield workload
