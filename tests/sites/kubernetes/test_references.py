"""What the parts of an overlay say of each other is so, which no schema can tell."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest
from support.manifests import (
    OVERLAYS,
    Manifest,
    containers,
    names,
    of_kind,
    pod_of,
    rendered,
    selected,
    workloads,
)

from molsteer.shared.bus.roles import user_name
from molsteer.shared.telemetry.metrics import METRICS
from molsteer.shared.wire.topics import SERVING, TOPICS
from molsteer.shared.worker.walltime import MARGIN_S

pytestmark = [pytest.mark.sites, pytest.mark.parametrize("overlay", OVERLAYS)]

WORKERS = {SERVING[topic].service: topic for topic in TOPICS}
SECRETS = {"molsteer-redis", "molsteer-steering", *(f"molsteer-{name}" for name in WORKERS)}


def workload(overlay: str, name: str) -> Manifest:
    (found,) = [each for each in workloads(rendered(overlay)) if each["metadata"]["name"] == name]
    return found


def main_of(manifest: Manifest) -> Manifest:
    found: Manifest = pod_of(manifest)["containers"][0]
    return found


def test_everything_is_in_one_namespace_and_nothing_is_there_twice(overlay: str) -> None:
    manifests = rendered(overlay)
    places = {
        each["metadata"].get("namespace") for each in manifests if each["kind"] != "Namespace"
    }
    assert places == names(manifests, "Namespace")
    counted = Counter((each["kind"], each["metadata"]["name"]) for each in manifests)
    assert max(counted.values()) == 1


def test_there_is_one_writer_of_the_ledger_and_one_server_and_both_keep_their_data(
    overlay: str,
) -> None:
    for name, folder in {"steering": "/campaign", "redis": "/data"}.items():
        found = workload(overlay, name)
        if overlay == "test":
            assert found["spec"]["replicas"] == 1
            continue
        assert (found["kind"], found["spec"]["replicas"]) == ("StatefulSet", 1)
        (claim,) = found["spec"]["volumeClaimTemplates"]
        mounted = {mount["name"]: mount["mountPath"] for mount in main_of(found)["volumeMounts"]}
        assert mounted[claim["metadata"]["name"]] == folder
    assert main_of(workload(overlay, "steering"))["workingDir"] == "/campaign"


def test_all_services_are_there(overlay: str) -> None:
    found = {each["metadata"]["name"] for each in workloads(rendered(overlay))}
    assert found == {"redis", "steering", *WORKERS}


def test_whatever_selects_pods_selects_some(overlay: str) -> None:
    manifests = rendered(overlay)
    for each in of_kind(manifests, "Service"):
        assert len(list(selected(manifests, each["spec"]["selector"]))) == 1
    for each in of_kind(manifests, "PodDisruptionBudget", "PodMonitor"):
        assert len(list(selected(manifests, each["spec"]["selector"]["matchLabels"]))) == 1
    for each in workloads(manifests):
        assert [each] == list(selected(manifests, each["spec"]["selector"]["matchLabels"]))
        assert each["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/part-of"]
    for each in of_kind(manifests, "NetworkPolicy"):
        rules = [*each["spec"].get("ingress", []), *each["spec"].get("egress", [])]
        peers = [peer for rule in rules for peer in (*rule.get("from", []), *rule.get("to", []))]
        chosen = [each["spec"]["podSelector"], *(peer.get("podSelector", {}) for peer in peers)]
        for selector in chosen:
            assert list(selected(manifests, selector.get("matchLabels", {}))), each["metadata"]


def test_every_workload_has_a_disruption_budget(overlay: str) -> None:
    manifests = rendered(overlay)
    assert names(manifests, "PodDisruptionBudget") == {
        each["metadata"]["name"] for each in workloads(manifests)
    }


def test_whatever_a_pod_refers_to_is_there(overlay: str) -> None:
    manifests = rendered(overlay)
    asked = set()
    for each in workloads(manifests):
        pod = pod_of(each)
        assert pod["serviceAccountName"] in names(manifests, "ServiceAccount")
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        claims = {
            claim["metadata"]["name"] for claim in each["spec"].get("volumeClaimTemplates", [])
        }
        for volume in volumes.values():
            if "configMap" in volume:
                assert volume["configMap"]["name"] in names(manifests, "ConfigMap")
            if "secret" in volume:
                asked.add(volume["secret"]["secretName"])
        mounted = {
            mount["name"] for container in containers(each) for mount in container["volumeMounts"]
        }
        assert mounted == volumes.keys() | claims
    assert asked == SECRETS
    for each in of_kind(manifests, "StatefulSet"):
        assert each["spec"]["serviceName"] in names(manifests, "Service")


def test_ports_are_those_that_somebody_listens_on(overlay: str) -> None:
    manifests = rendered(overlay)
    for service in of_kind(manifests, "Service"):
        (target,) = selected(manifests, service["spec"]["selector"])
        there = {port["name"]: port["containerPort"] for port in main_of(target)["ports"]}
        for port in service["spec"]["ports"]:
            assert there[port["targetPort"]] == port["port"]
    redis = [each for each in of_kind(manifests, "ConfigMap") if "redis.conf" in each["data"]]
    assert "\nport 6379\n" in redis[0]["data"]["redis.conf"]
    steering = main_of(workload(overlay, "steering"))
    (metrics,) = [port["containerPort"] for port in steering["ports"] if port["name"] == "metrics"]
    assert variables(steering)["MOLSTEER_METRICS__PORT"] == str(metrics)
    for monitor in of_kind(manifests, "PodMonitor"):
        assert {each["port"] for each in monitor["spec"]["podMetricsEndpoints"]} == {"metrics"}


def variables(container: Manifest) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container["env"]}


def test_what_redis_does_is_what_the_queues_need(overlay: str) -> None:
    (text,) = [
        each["data"]["redis.conf"]
        for each in of_kind(rendered(overlay), "ConfigMap")
        if "redis.conf" in each["data"]
    ]
    lines = text.splitlines()
    assert {"appendonly yes", "maxmemory-policy noeviction", "dir /data"} <= set(lines)


def test_each_service_gets_in_as_its_own_user_with_its_own_secret(overlay: str) -> None:
    for name in ("steering", *WORKERS):
        found = workload(overlay, name)
        given = variables(main_of(found))
        user = user_name(name, "molsteer")  # type: ignore[arg-type]
        assert given["MOLSTEER_QUEUE__REDIS_URL"] == f"redis://{user}@redis:6379/0"
        secret = {v["secret"]["secretName"] for v in pod_of(found)["volumes"] if "secret" in v}
        assert secret == {f"molsteer-{name}"}
        (first,) = pod_of(found)["initContainers"]
        copied = {Path(file).name for file in first["args"]}
        used = {given[f"MOLSTEER_QUEUE__{each}_FILE"] for each in ("PASSWORD", "KEYS")}
        assert used == {f"/run/secrets/molsteer/{file}" for file in copied}


def test_images_are_told_to_run_commands_that_there_are(overlay: str) -> None:
    commands = {each.name: each for each in entry_points(group="molsteer.commands")}
    for each in workloads(rendered(overlay)):
        for container in containers(each):
            if "molsteer" in container["image"] and "command" not in container:
                name, *arguments = container["args"]
                command = commands[name].load()
                context = click.Context(command)
                command.parse_args(context, list(arguments))
                assert not context.args


def test_workers_serve_each_topic_and_say_whether_they_live(overlay: str) -> None:
    for name, topic in WORKERS.items():
        container = main_of(workload(overlay, name))
        assert container["args"][:2] == ["worker", topic]
        for probe in ("startupProbe", "livenessProbe"):
            assert container[probe]["exec"]["command"] == ["molsteer", "worker", "--alive"]


def test_whoever_is_told_to_end_has_time_to_hand_back_its_tasks(overlay: str) -> None:
    for name in ("steering", *WORKERS):
        grace_s = pod_of(workload(overlay, name))["terminationGracePeriodSeconds"]
        assert grace_s >= 2 * MARGIN_S


def test_no_workload_is_scaled_by_two(overlay: str) -> None:
    manifests = rendered(overlay)
    scalers = of_kind(manifests, "HorizontalPodAutoscaler", "ScaledObject")
    targets = Counter(each["spec"]["scaleTargetRef"]["name"] for each in scalers)
    assert targets.keys() <= WORKERS.keys()
    assert not targets or max(targets.values()) == 1
    for name in WORKERS:
        assert overlay == "test" or "replicas" not in workload(overlay, name)["spec"]


def test_scalers_ask_for_figures_that_there_are(overlay: str) -> None:
    known = {metric.full_name for metric in METRICS}
    for each in of_kind(rendered(overlay), "ScaledObject"):
        (query,) = [trigger["metadata"]["query"] for trigger in each["spec"]["triggers"]]
        assert set(re.findall(r"\bmolsteer_\w+", query)) <= known
        topic = WORKERS[each["spec"]["scaleTargetRef"]["name"]]
        assert f'topic="{topic}"' in query
        assert f'namespace="{each["metadata"]["namespace"]}"' in query


def test_a_campaign_keeps_as_many_simulations_in_flight_as_there_can_be_simulators(
    overlay: str,
) -> None:
    (settings,) = [
        tomllib.loads(each["data"]["campaign.toml"])
        for each in of_kind(rendered(overlay), "ConfigMap")
        if "campaign.toml" in each["data"]
    ]
    most = [
        each["spec"].get("maxReplicas") or each["spec"]["maxReplicaCount"]
        for each in of_kind(rendered(overlay), "HorizontalPodAutoscaler", "ScaledObject")
        if each["spec"]["scaleTargetRef"]["name"] == "simulator"
    ]
    assert settings["simulate"]["slots"] >= max(most, default=1)
