"""`molsteer site` with a Kubernetes cluster: the real kubectl, and a double of the API server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest
from support.command import molsteer
from support.kubernetes_api import Cluster
from support.kubernetes_server import KubernetesApi, kubernetes_api
from support.manifests import K8S, kubectl

pytestmark = pytest.mark.sites

ROOT = Path(__file__).parents[3]
SERVICES = ("inferencer", "redis", "simulator", "steering", "trainer")
SECRETS = {f"molsteer-{name}" for name in SERVICES}


@dataclass(frozen=True)
class Site:
    """A profile, and the cluster that it means."""

    api: KubernetesApi
    profile: Path

    @property
    def cluster(self) -> Cluster:
        return self.api.cluster

    @property
    def secrets(self) -> Path:
        return self.profile.with_suffix("") / "secrets"

    def write(self, overlay: str = "kind", wait_s: float = 0.1) -> None:
        self.profile.write_text(
            '[site]\nscheduler = "kubernetes"\n[kubernetes]\n'
            f'overlay = "{K8S / "overlays" / overlay}"\nwait_s = {wait_s}\n'
        )

    def asked(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return molsteer("site", command, self.profile, *arguments, **self.api.variables)

    def done(self, command: str, *arguments: str) -> str:
        completed = self.asked(command, *arguments)
        assert completed.returncode == 0, completed.stderr
        return completed.stdout

    def refused(self, command: str, *arguments: str) -> str:
        completed = self.asked(command, *arguments)
        assert completed.returncode == 2, completed.stdout + completed.stderr
        assert len(completed.stderr.splitlines()) == 1, completed.stderr
        assert "Traceback" not in completed.stderr
        return completed.stderr

    def examined(self, status: int) -> str:
        """Ask `molsteer doctor`, whose exit status is known; give what it says."""
        asked = ("doctor", self.profile, "--only", "cluster", "--json")
        completed = molsteer(*asked, **self.api.variables)
        assert completed.returncode == status, completed.stdout + completed.stderr
        return "\n".join(each["sentence"] for each in json.loads(completed.stdout))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    kubectl()
    with kubernetes_api(tmp_path) as api:
        site = Site(api, tmp_path / "k8s.toml")
        site.write()
        yield site


def test_bringing_up_twice_is_bringing_up_once_and_down_leaves_the_namespace_alone(
    site: Site,
) -> None:
    told = site.done("up")
    assert "simulator: 1 pod of 1 ready" in told
    assert "exec steering-0 --container files -- tar" in told
    before = site.cluster.changes
    site.done("up")
    assert site.cluster.changes == before
    assert site.cluster.names("secrets") == SECRETS

    assert "is down. Its results" in site.done("down")
    assert {resource for resource, _, _ in site.cluster.objects} == {"namespaces"}
    assert not site.secrets.exists()
    assert "Nothing of the site 'k8s' is up" in site.refused("status")
    assert "Nothing of the site 'k8s' is up" in site.refused("down")


def test_redis_ends_after_those_who_hand_back_their_tasks(site: Site) -> None:
    site.done("up")
    site.done("down")
    ended = [each for each in site.cluster.deleted if each.startswith(("deploy", "stateful"))]
    assert ended[-1] == "statefulsets/redis"
    assert len(ended) == len(SERVICES)


def test_each_service_gets_its_own_secrets_and_none_is_told(site: Site) -> None:
    told = site.done("up")
    given = {
        name: {entry: b64decode(text).decode() for entry, text in held["data"].items()}
        for (resource, _, name), held in site.cluster.objects.items()
        if resource == "secrets"
    }
    assert given["molsteer-redis"].keys() == {"users.acl"}
    passwords = {given[name]["password"].strip() for name in SECRETS - {"molsteer-redis"}}
    assert len(passwords) == len(SERVICES) - 1
    assert not any(password in told for password in passwords)
    for name in ("simulator", "trainer", "inferencer"):
        keys = json.loads(given[f"molsteer-{name}"]["keys.json"])["keys"]
        assert len(keys) == 1
    assert not any("last-applied" in json.dumps(held) for held in site.cluster.objects.values())


def test_a_service_is_scaled_and_stays_so_when_the_site_is_brought_up_again(site: Site) -> None:
    site.done("up")
    assert "simulator: 3 pods of 3 ready" in site.done("scale", "simulator=3")
    assert "simulator: 3 pods of 3 ready" in site.done("up")
    assert "Did you mean simulator?" in site.refused("scale", "simulater=1")
    assert "There are: simulator, trainer, inferencer" in site.refused("scale", "steering=2")
    told = json.loads(site.done("status", "--json"))
    (simulator,) = [each for each in told["services"] if each["name"] == "simulator"]
    assert (simulator["wanted"], len(simulator["pods"])) == (3, 3)
    assert "said by a double" in site.done("logs", "simulator", "-n", "5")


def test_what_an_autoscaler_scales_is_not_scaled_by_hand(site: Site) -> None:
    site.write("minikube")
    assert "scaled between 1 and 2 by simulator" in site.done("up")
    assert "the autoscaler 'simulator' says: 1 to 2" in site.refused("scale", "simulator=3")


def test_an_image_that_cannot_be_pulled_is_told_from_the_pod(site: Site) -> None:
    image = "localhost/molsteer-gpu:0.1.0"
    site.cluster.no_image.add(image)
    told = site.refused("up")
    assert f'inferencer-0 does not start: Back-off pulling image "{image}"' in told
    assert "Build and push the image" in told
    assert "fails: Back-off pulling" in site.done("status")
    site.cluster.no_image.clear()
    site.done("up")


def test_a_program_that_ends_in_vain_is_told_with_what_it_said_last(site: Site) -> None:
    site.cluster.crashing.add("steering")
    site.cluster.log = "The budget is 0."
    told = site.refused("up")
    assert "steering-0 does not start: it ended with status 2" in told
    assert "it said last: The budget is 0." in told


def test_a_campaign_that_has_ended_is_no_trouble(site: Site) -> None:
    site.cluster.ended.add("steering")
    assert "steering-0 has done its work" in site.done("up")


def test_pods_without_a_node_are_told_with_the_reason_when_time_is_up(site: Site) -> None:
    site.cluster.no_room = True
    told = site.refused("up")
    assert "Not everything runs after 0.1 s" in told
    assert "waits: 0/1 nodes are available: 1 Insufficient cpu" in told


def test_a_missing_secret_is_told_where_it_cannot_be_made_to_match(site: Site) -> None:
    site.done("up")
    del site.cluster.objects["secrets", "molsteer", "molsteer-trainer"]
    site.done("up")
    assert site.cluster.names("secrets") == SECRETS

    del site.cluster.objects["secrets", "molsteer", "molsteer-trainer"]
    site.secrets.rename(site.secrets.with_name("elsewhere"))
    assert "The secret molsteer-trainer is missing in the namespace molsteer" in site.refused("up")


def test_what_would_keep_a_site_from_coming_up_is_found_before_and_nothing_is_made(
    site: Site,
) -> None:
    assert "The namespace molsteer is not there yet, and may be made." in site.examined(0)
    site.cluster.forbidden.add("namespaces")
    assert "The cluster does not permit this" in site.examined(1)
    site.cluster.forbidden.clear()
    assert not site.cluster.objects

    site.done("up")
    before = site.cluster.changes
    told = site.examined(0)
    assert "All secrets are in the namespace molsteer." in told
    assert "5 services of 5 are there, none in trouble." in told
    site.cluster.no_image.add(f"localhost/molsteer-cpu:{version('molsteer-shared')}")
    assert "does not start: Back-off pulling image" in site.examined(1)
    site.cluster.no_image.clear()
    site.cluster.forbidden.add("deployments")
    assert 'User "me" cannot patch resource "deployments"' in site.examined(1)
    site.cluster.forbidden.clear()
    del site.cluster.objects["secrets", "molsteer", "molsteer-trainer"]
    assert "still to be made: molsteer-trainer" in site.examined(0)
    site.secrets.rename(site.secrets.with_name("elsewhere"))
    assert "The secret molsteer-trainer is missing" in site.examined(1)
    assert site.cluster.changes == before

    site.write("cloud-gpu")
    site.api.kubeconfig.unlink()
    assert "The Kubernetes cluster cannot be reached" in site.examined(1)


def test_a_namespace_that_nobody_makes_is_told_with_the_cure(site: Site, tmp_path: Path) -> None:
    overlay = tmp_path / "own"
    overlay.mkdir()
    base = os.path.relpath(K8S / "overlays" / "kind", overlay)
    (overlay / "kustomization.yaml").write_text(
        f"resources: [{base}]\npatches:\n  - target: {{kind: Namespace}}\n"
        "    patch: |-\n      $patch: delete\n      apiVersion: v1\n      kind: Namespace\n"
        "      metadata: {name: molsteer}\n"
    )
    site.write(str(overlay))
    for told in (site.examined(1), site.refused("up")):
        assert 'namespaces "molsteer" not found' in told
        assert "kubectl create namespace" in told


def test_whoever_has_no_right_is_told_so(site: Site) -> None:
    site.cluster.forbidden.add("deployments")
    told = site.refused("up")
    assert "does not permit this" in told
    assert 'User "me" cannot patch resource "deployments"' in told


def test_a_namespace_that_others_made_will_do(site: Site) -> None:
    site.cluster.forbidden.add("namespaces")
    assert "does not permit this" in site.refused("up")
    site.cluster.objects["namespaces", "", "molsteer"] = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "molsteer"},
    }
    site.done("up")


def test_a_part_that_the_cluster_lacks_is_told(site: Site) -> None:
    site.write("cloud-gpu")
    told = site.refused("up")
    assert "lacks a part that the overlay needs" in told
    assert "Install KEDA or the Prometheus operator" in told


def test_a_cluster_that_does_not_answer_is_told(site: Site, tmp_path: Path) -> None:
    site.api.kubeconfig.write_text(
        site.api.kubeconfig.read_text().replace("http://127.0.0.1:", "http://127.0.0.1:1/no/")
    )
    assert "The Kubernetes cluster cannot be reached" in site.refused("up")
    site.api.kubeconfig.unlink()
    assert "The Kubernetes cluster cannot be reached" in site.refused("status")


def test_a_context_that_is_not_there_is_told(site: Site) -> None:
    site.profile.write_text(f'{site.profile.read_text()}context = "other"\n')
    assert "The Kubernetes cluster cannot be reached" in site.refused("up")


def test_a_machine_without_kubectl_is_told_so(site: Site, tmp_path: Path) -> None:
    done = molsteer("site", "up", site.profile, **site.api.variables, PATH=str(tmp_path))
    assert done.returncode == 2
    assert "There is no kubectl on this machine" in done.stderr


def test_manifests_that_the_cluster_refuses_are_told_in_its_words(
    site: Site, tmp_path: Path
) -> None:
    overlay = tmp_path / "own"
    overlay.mkdir()
    base = os.path.relpath(K8S / "base", overlay)
    (overlay / "kustomization.yaml").write_text(
        f"resources: [{base}]\npatches:\n  - target: {{kind: Deployment, name: trainer}}\n"
        "    patch: |-\n      - {op: add, path: /spec/template/spec/hostNetwork, value: true}\n"
    )
    site.profile.write_text(
        site.profile.read_text().replace(str(K8S / "overlays/kind"), str(overlay))
    )
    assert "the node must not be used" in site.refused("up")


def test_make_deploys_the_overlay_that_is_named_and_takes_it_down_again(
    site: Site, tmp_path: Path
) -> None:
    site.profile.write_text('[site]\nscheduler = "kubernetes"\n[kubernetes]\noverlay = "kind"\n')
    (tmp_path / "installed").touch()

    def make(target: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *("make", "--no-print-directory", "-C", ROOT, target, f"SITE={site.profile}"),
                *("OVERLAY=minikube", f"VENV={tmp_path}", f"BIN={Path(sys.executable).parent}"),
            ],
            env=os.environ | site.api.variables,
            capture_output=True,
            text=True,
            check=False,
        )

    deployed = make("deploy")
    assert deployed.returncode == 0, deployed.stderr
    assert site.cluster.names("horizontalpodautoscalers") == {"simulator"}
    undeployed = make("undeploy")
    assert undeployed.returncode == 0, undeployed.stderr
    assert not site.cluster.names("horizontalpodautoscalers")


def test_a_campaign_here_is_not_steered_there(site: Site, tmp_path: Path) -> None:
    (tmp_path / "molecules.smi").write_text("C\nN\nO\n")
    space = ("--space", tmp_path / "molecules.smi")
    done = molsteer("run", *space, "--site", site.profile, **site.api.variables)
    assert done.returncode == 2
    assert "the campaign is steered in the cluster as well" in done.stderr
