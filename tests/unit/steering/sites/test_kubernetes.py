"""What kubectl and Kubernetes say is read as they say it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from molsteer.shared.errors import SettingsError
from molsteer.steering.sites.errors import SteersInCluster
from molsteer.steering.sites.kubernetes.errors import (
    ClusterUnreachable,
    KindMissing,
    KubectlFailed,
    KubectlTooOld,
    NotAllowed,
    PodCannotStart,
    PodsNotReady,
)
from molsteer.steering.sites.kubernetes.kubectl import complaint
from molsteer.steering.sites.kubernetes.profile import load_cluster_profile
from molsteer.steering.sites.kubernetes.rendered import joined, manifests_in, namespace_of
from molsteer.steering.sites.kubernetes.secrets import SECRETS, make_secrets, written
from molsteer.steering.sites.kubernetes.state import Service, services_in
from molsteer.steering.sites.kubernetes.waiting import await_settled
from molsteer.steering.sites.opening import open_site
from molsteer.steering.sites.profile import load_profile

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (
            "The connection to the server localhost:8080 was refused - did you specify the right "
            "host or port?",
            ClusterUnreachable,
        ),
        ("Unable to connect to the server: dial tcp: lookup k8s: no such host", ClusterUnreachable),
        ("Unable to connect to the server: net/http: TLS handshake timeout", ClusterUnreachable),
        ('error: context "kind" does not exist', ClusterUnreachable),
        ("error: current-context is not set", ClusterUnreachable),
        (
            'Error from server (Forbidden): secrets is forbidden: User "me" cannot list resource '
            '"secrets" in API group "" in the namespace "molsteer"',
            NotAllowed,
        ),
        ("error: You must be logged in to the server (Unauthorized)", NotAllowed),
        (
            'error: resource mapping not found for name: "simulator" namespace: "molsteer" from '
            '"STDIN": no matches for kind "ScaledObject" in version "keda.sh/v1alpha1"\n'
            "ensure CRDs are installed first",
            KindMissing,
        ),
        ('Error: json: unknown field "components"', KubectlTooOld),
        ('Deployment "trainer" is invalid: spec: Invalid value', KubectlFailed),
    ],
)
def test_a_complaint_of_kubectl_is_told_for_what_it_is(
    said: str, kind: type[KubectlFailed]
) -> None:
    found = complaint(said)
    assert type(found) is kind
    assert "\n" not in str(found)


TWO = """\
apiVersion: v1
kind: Namespace
metadata:
  labels:
    name: other
  name: molsteer
---
apiVersion: v1
data:
  file: |
    kind: Fake
    ---
    metadata:
      name: fake
kind: ConfigMap
metadata:
  name: campaign
  namespace: molsteer
"""


def test_manifests_are_taken_apart_and_put_together_again() -> None:
    namespace, settings = manifests_in(TWO)
    assert (namespace.kind, namespace.name, namespace.namespace) == ("Namespace", "molsteer", "")
    assert (settings.kind, settings.name) == ("ConfigMap", "campaign")
    assert namespace_of([namespace, settings]) == "molsteer"
    assert joined([namespace, settings]) == TWO


def workload(replicas: int, ready: int, **more: Any) -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "metadata": {"name": "simulator", "generation": 2},
        "spec": {"replicas": replicas},
        "status": {
            "observedGeneration": 2,
            "updatedReplicas": replicas,
            "readyReplicas": ready,
            **more,
        },
    }


def pod(**status: Any) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": "simulator"}
    return {"kind": "Pod", "metadata": {"name": "simulator-x", "labels": labels}, "status": status}


def main(state: dict[str, Any], last: dict[str, Any] | None = None, starts: int = 0) -> Any:
    return [
        {"name": "files", "state": {"running": {}}},
        {
            "name": "main",
            "image": "molsteer-cpu:0.1.0",
            "state": state,
            "lastState": last or {},
            "restartCount": starts,
        },
    ]


def only(*objects: dict[str, Any]) -> Service:
    (service,) = services_in(objects)
    return service


def test_a_service_is_settled_when_all_its_new_pods_are_ready() -> None:
    assert only(workload(2, 2)).is_settled
    assert not only(workload(2, 1)).is_settled
    assert not only(workload(2, 2, updatedReplicas=1)).is_settled
    assert not only(workload(2, 2, observedGeneration=1)).is_settled


def test_a_pod_is_told_with_what_kubernetes_says_of_it() -> None:
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling"}}
    ended, failed = {"terminated": {"exitCode": 0}}, {"terminated": {"exitCode": 1}}
    again = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}}
    creating = {"waiting": {"reason": "ContainerCreating"}}
    config = {
        "waiting": {"reason": "CreateContainerConfigError", "message": 'secret "x" not found'}
    }
    full = {"type": "PodScheduled", "status": "False", "message": "Insufficient cpu"}
    for status, state, why, trouble in (
        (pod(phase="Running", containerStatuses=main({"running": {}})), "runs", "", None),
        (pod(phase="Pending", containerStatuses=main(creating)), "starts", "", None),
        (pod(phase="Pending", conditions=[full]), "waits", "Insufficient cpu", None),
        (pod(containerStatuses=main(waiting)), "fails", "Back-off pulling (mols", "image"),
        (pod(containerStatuses=main(config)), "fails", 'secret "x" not found', "settings"),
        (pod(containerStatuses=main(again, ended, 3)), "ended", "", None),
        (pod(containerStatuses=main(ended)), "ended", "", None),
        (pod(containerStatuses=main(again, failed, 1)), "fails", "status 1", None),
        (pod(containerStatuses=main(again, failed, 4)), "fails", "begun 5 times", "crash"),
    ):
        (found,) = only(workload(1, 0), status).pods
        assert (found.state, found.trouble) == (state, trouble)
        assert why in found.why
    assert only(workload(1, 0), pod(containerStatuses=main(again, ended, 3))).is_settled


def test_waiting_ends_with_the_reason() -> None:
    image = only(
        workload(1, 0), pod(containerStatuses=main({"waiting": {"reason": "InvalidImageName"}}))
    )
    with pytest.raises(PodCannotStart, match="simulator-x does not start: InvalidImageName"):
        await_settled("k8s", 60.0, lambda: [image], str)
    crashed = pod(
        containerStatuses=main(
            {"waiting": {"reason": "CrashLoopBackOff"}}, {"terminated": {"exitCode": 2}}, 9
        )
    )
    with pytest.raises(PodCannotStart, match="it said last: said by simulator-x"):
        await_settled(
            "k8s", 60.0, lambda: [only(workload(1, 0), crashed)], lambda name: f"said by {name}"
        )
    with pytest.raises(PodsNotReady, match="simulator has 1 of 2 pods ready"):
        await_settled("k8s", 0.0, lambda: [only(workload(2, 1))], str)


def test_secrets_are_made_once_and_hold_what_pods_mount(tmp_path: Path) -> None:
    make_secrets(tmp_path / "secrets")
    first = written(tmp_path / "secrets", "molsteer")
    make_secrets(tmp_path / "secrets")
    assert written(tmp_path / "secrets", "molsteer") == first
    assert len(first.splitlines()) == len(SECRETS)


def profile(folder: Path, text: str) -> Path:
    file = folder / "mine.toml"
    file.write_text(f'[site]\nscheduler = "kubernetes"\n{text}')
    return file


def test_the_ready_profile_can_be_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = load_cluster_profile(Path("deploy/sites/k8s.toml"))
    assert found.overlay == Path("deploy/k8s/overlays/kind")
    monkeypatch.setenv("MOLSTEER_KUBERNETES__OVERLAY", "cloud-gpu")
    assert load_cluster_profile(Path("deploy/sites/k8s.toml")).overlay.name == "cloud-gpu"


def test_what_a_profile_misspells_is_told_and_an_overlay_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    missing = profile(tmp_path, '[kubernetes]\noverlay = "knid"\n')
    with pytest.raises(
        SettingsError, match=r"knid holds no kustomization\.yaml\. There are: cloud-"
    ):
        open_site(str(missing))
    wrong = profile(tmp_path, '[kubernetes]\noverlay = "kind"\ncontxt = "x"\n[batch]\ncores = 2\n')
    with pytest.raises(SettingsError, match=r"Did you mean .*context") as caught:
        open_site(str(wrong))
    assert "batch" in str(caught.value)


def test_batch_systems_are_not_asked_for_a_cluster(tmp_path: Path) -> None:
    with pytest.raises(SteersInCluster, match="steered in the cluster as well"):
        load_profile(str(profile(tmp_path, '[kubernetes]\noverlay = "kind"\n')))
