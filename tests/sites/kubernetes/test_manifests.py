"""Each overlay is what Kubernetes takes: known kinds, known fields, right types, no more rights."""

from __future__ import annotations

import copy
from importlib.metadata import version

import kubernetes_validate
import pytest
from sites.kubernetes.crds import MODELS
from support.manifests import OVERLAYS, Manifest, containers, of_kind, pod_of, rendered, workloads

pytestmark = [pytest.mark.sites, pytest.mark.parametrize("overlay", OVERLAYS)]

KUBERNETES = ("1.28", "1.32")
"""The oldest and the newest version that the manifests are held against."""


def validate(manifest: Manifest, kubernetes: str) -> None:
    """Hold a manifest against the schema of its kind; one that is not known is refused."""
    model = MODELS.get(manifest["kind"])
    if model is None:
        kubernetes_validate.validate(manifest, kubernetes, strict=True)
    else:
        model.model_validate(manifest)


@pytest.mark.parametrize("kubernetes", KUBERNETES)
def test_everything_is_of_a_known_kind_with_known_fields(overlay: str, kubernetes: str) -> None:
    for manifest in rendered(overlay):
        validate(manifest, kubernetes)


def test_a_misspelled_field_and_an_unknown_kind_are_found(overlay: str) -> None:
    (deployment, *_) = copy.deepcopy(of_kind(rendered(overlay), "Deployment"))
    deployment["spec"]["replica"] = 2
    with pytest.raises(kubernetes_validate.ValidationError):
        validate(deployment, "1.32")
    deployment["apiVersion"] = "apps/v1beta7"
    with pytest.raises(kubernetes_validate.SchemaNotFoundError):
        validate(deployment, "1.32")


def test_what_keda_hands_on_to_kubernetes_is_of_its_kind(overlay: str) -> None:
    for scaled in of_kind(rendered(overlay), "ScaledObject"):
        autoscaler = {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "of-keda"},
            "spec": {
                "scaleTargetRef": {"kind": "Deployment", "name": "any"},
                "maxReplicas": 1,
                **scaled["spec"]["advanced"]["horizontalPodAutoscalerConfig"],
            },
        }
        kubernetes_validate.validate(autoscaler, "1.32", strict=True)


def test_every_pod_has_given_up_all_that_it_can_do_without(overlay: str) -> None:
    (namespace,) = of_kind(rendered(overlay), "Namespace")
    labels = namespace["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    for workload in workloads(rendered(overlay)):
        pod = pod_of(workload)
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] >= 10_000
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not any("hostPath" in volume for volume in pod["volumes"])
        for container in containers(workload):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_no_service_account_gets_a_token(overlay: str) -> None:
    for account in of_kind(rendered(overlay), "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


def test_every_container_says_what_it_needs_and_how_much_memory_it_gets_at_most(
    overlay: str,
) -> None:
    for workload in workloads(rendered(overlay)):
        for container in containers(workload):
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]


def test_images_are_those_of_this_version(overlay: str) -> None:
    for workload in workloads(rendered(overlay)):
        for container in containers(workload):
            name, _, tag = container["image"].rpartition(":")
            assert tag not in {"", "latest"}
            if "molsteer" in name:
                assert tag == version("molsteer-shared")
