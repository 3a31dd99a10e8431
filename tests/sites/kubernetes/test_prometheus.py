"""Prometheus finds steering on Kubernetes by what the component monitoring writes at its pods.

Debian's Prometheus is built without the discovery of Kubernetes, so what that
would find comes from a file.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from support.manifests import Manifest, pod_of, rendered, workloads
from support.prometheus import promtool

pytestmark = pytest.mark.sites

CONFIGURATION = Path(__file__).parents[3] / "deploy" / "monitoring" / "kubernetes.yml"


def discovered(workload: Manifest) -> list[dict[str, Any]]:
    """Give what discovery finds of a pod: a target for each port, or one without."""
    template = workload["spec"]["template"]
    common = {
        "__meta_kubernetes_namespace": workload["metadata"]["namespace"],
        "__meta_kubernetes_pod_name": f"{workload['metadata']['name']}-0",
    }
    for name, value in template["metadata"].get("annotations", {}).items():
        changed = name.replace(".", "_").replace("/", "_").replace("-", "_")
        common[f"__meta_kubernetes_pod_annotation_{changed}"] = value
    return [
        {
            "targets": [f"10.0.0.1:{port['containerPort']}" if port else "10.0.0.1"],
            "labels": common
            | ({"__meta_kubernetes_pod_container_port_name": port["name"]} if port else {}),
        }
        for container in pod_of(workload)["containers"]
        for port in container.get("ports", [{}])
    ]


def test_steering_is_found_and_nothing_else(tmp_path: Path) -> None:
    configuration = yaml.safe_load(CONFIGURATION.read_text())
    (job,) = configuration["scrape_configs"]
    (discovery,) = job.pop("kubernetes_sd_configs")
    assert discovery == {"role": "pod", "namespaces": {"names": ["molsteer"]}}
    targets = [each for found in workloads(rendered("cloud-gpu")) for each in discovered(found)]
    (tmp_path / "targets.json").write_text(json.dumps(targets))
    job["file_sd_configs"] = [{"files": [str(tmp_path / "targets.json")]}]
    configuration["rule_files"] = [str(CONFIGURATION.parent / "rules" / "*.yml")]
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(configuration))

    checked = subprocess.run(
        [promtool(), "check", "config", file], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    found = subprocess.run(
        [promtool(), "check", "service-discovery", "--timeout=5s", file, "molsteer"],
        capture_output=True,
        text=True,
        check=True,
    )
    (kept,) = [each["labels"] for each in json.loads(found.stdout) if each["labels"]]
    wanted = {
        "__address__": "10.0.0.1:9464",
        "__metrics_path__": "/metrics",
        "campaign": "molsteer",
        "namespace": "molsteer",
        "pod": "steering-0",
    }
    assert wanted.items() <= kept.items()
