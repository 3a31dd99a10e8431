"""What runs in a cluster, from what Kubernetes says about workloads and pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

NAME_LABEL = "app.kubernetes.io/name"

Object = Mapping[str, Any]
"""An object of Kubernetes, as JSON has it."""

_NO_IMAGE = {"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
_NO_START = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
_PATIENCE = 4
"""Starts in vain after which a pod will not come up by waiting: Redis may be later than others."""

Trouble = Literal["image", "settings", "crash"]


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod.

    Attributes:
        name: Its name.
        service: What it runs.
        node: Where; empty while it has no node.
        state: What it does.
        why: Why it does not run, in the words of Kubernetes.
        trouble: What will not pass by waiting.
    """

    name: str
    service: str
    node: str
    state: Literal["waits", "starts", "runs", "ended", "fails", "ends"]
    why: str = ""
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A service with its pods.

    Attributes:
        name: Its name.
        wanted: Pods that there should be.
        ready: Pods that are ready.
        is_new: Whether all pods are as the latest manifests say.
        pods: Those there are.
    """

    name: str
    wanted: int
    ready: int
    is_new: bool
    pods: tuple[Pod, ...]

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing to wait for: all run, or have done what they were there for."""
        done = sum(pod.state == "ended" for pod in self.pods)
        return self.is_new and self.ready + done >= self.wanted


def services_in(objects: Sequence[Object]) -> list[Service]:
    """Read a list of workloads and pods."""
    pods = [_pod(each) for each in objects if each["kind"] == "Pod"]
    workloads = [each for each in objects if each["kind"] in {"Deployment", "StatefulSet"}]
    return [_service(each, pods) for each in sorted(workloads, key=_name)]


def _name(thing: Object) -> str:
    return str(thing["metadata"]["name"])


def _service(workload: Object, pods: Sequence[Pod]) -> Service:
    name, status = _name(workload), workload.get("status", {})
    wanted = workload["spec"].get("replicas", 1)
    seen = status.get("observedGeneration", 0) >= workload["metadata"].get("generation", 0)
    return Service(
        name=name,
        wanted=wanted,
        ready=status.get("readyReplicas", 0),
        is_new=seen and status.get("updatedReplicas", 0) >= wanted,
        pods=tuple(pod for pod in pods if pod.service == name),
    )


def _pod(pod: Object) -> Pod:
    status = pod.get("status", {})
    service = pod["metadata"].get("labels", {}).get(NAME_LABEL, "")
    node = pod.get("spec", {}).get("nodeName", "")
    containers = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    for state, why, trouble in _findings(pod, containers):
        return Pod(_name(pod), service, node, state, why, trouble)
    runs = status.get("phase") == "Running"
    return Pod(_name(pod), service, node, "runs" if runs else "starts")


Finding = tuple[Literal["waits", "ended", "fails", "ends"], str, Trouble | None]


def _findings(pod: Object, containers: Sequence[Object]) -> Iterator[Finding]:
    if "deletionTimestamp" in pod["metadata"]:
        yield "ends", "", None
    for condition in pod.get("status", {}).get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            yield "waits", condition.get("message", condition.get("reason", "")), None
    for container in containers:
        yield from _of_container(container)


def _of_container(container: Object) -> Iterator[Finding]:
    waiting = container.get("state", {}).get("waiting", {})
    ended = container.get("state", {}).get("terminated") or (
        container.get("lastState", {}).get("terminated") if waiting else None
    )
    reason, image = waiting.get("reason", ""), container.get("image", "")
    if reason in _NO_IMAGE:
        yield "fails", f"{waiting.get('message') or reason} ({image})", "image"
    elif reason in _NO_START:
        yield "fails", waiting.get("message") or reason, "settings"
    elif ended and container["name"] == "main":
        starts = container.get("restartCount", 0)
        if ended["exitCode"] == 0:
            yield "ended", "", None
        else:
            why = f"it ended with status {ended['exitCode']} and was begun {starts + 1} times"
            yield "fails", why, "crash" if starts >= _PATIENCE else None
    elif reason not in {"", "ContainerCreating", "PodInitializing"}:
        yield "waits", waiting.get("message") or reason, None
