"""A double of Kubernetes' API server, for the real kubectl: it knows schemas, and runs nothing.

What is applied is held against the schemas and the rules of restricted pods, and kept. The pods of
workloads are made up when somebody asks for them, in the state that a test wants. It has no
scheduler, no network, no volumes, and no memory of who owns which field.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import kubernetes_validate

Object = dict[str, Any]
Answer = tuple[int, Object | str]

VERSION = "1.32"

KINDS: dict[str, dict[str, str]] = {
    "v1": {
        "namespaces": "Namespace",
        "secrets": "Secret",
        "configmaps": "ConfigMap",
        "services": "Service",
        "serviceaccounts": "ServiceAccount",
        "pods": "Pod",
    },
    "apps/v1": {"deployments": "Deployment", "statefulsets": "StatefulSet"},
    "networking.k8s.io/v1": {"networkpolicies": "NetworkPolicy"},
    "policy/v1": {"poddisruptionbudgets": "PodDisruptionBudget"},
    "autoscaling/v2": {"horizontalpodautoscalers": "HorizontalPodAutoscaler"},
    "apiextensions.k8s.io/v1": {"customresourcedefinitions": "CustomResourceDefinition"},
}

OF_NO_NAMESPACE = ("namespaces", "customresourcedefinitions")

_WORKLOADS = ("deployments", "statefulsets")


@dataclass
class Cluster:
    """What the cluster holds, and how it behaves.

    Attributes:
        objects: By resource, namespace and name.
        forbidden: Resources that the user may not change.
        no_image: Images that cannot be pulled.
        crashing: Services whose programs end in vain.
        ended: Services whose programs have done their work.
        no_room: Whether no node has room for any pod.
        log: What pods say.
    """

    objects: dict[tuple[str, str, str], Object] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    no_image: set[str] = field(default_factory=set)
    crashing: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    no_room: bool = False
    log: str = "said by a double"
    deleted: list[str] = field(default_factory=list)
    changes: int = 0

    def names(self, resource: str) -> set[str]:
        """Name what there is of a resource."""
        return {name for kind, _, name in self.objects if kind == resource}

    def listed(self, resource: str, namespace: str) -> list[Object]:
        """Give everything of a resource."""
        if resource == "pods":
            return [pod for each in self._workloads(namespace) for pod in self._pods(each)]
        return [
            self._seen(resource, each)
            for (kind, place, _), each in self.objects.items()
            if (kind, place) == (resource, namespace)
        ]

    def apply(self, resource: str, given: Object, *, dry: bool = False) -> Answer:
        """Make an object, or change what of it is given; or tell what would come of that."""
        name, namespace = given["metadata"]["name"], given["metadata"].get("namespace", "")
        if resource in self.forbidden:
            return forbidden(resource, name)
        if resource != "namespaces" and ("namespaces", "", namespace) not in self.objects:
            return failure(404, "NotFound", f'namespaces "{namespace}" not found')
        before = self.objects.get((resource, namespace, name), {})
        new = merged(before, given)
        if problem := problem_of(new) or self._refusal(new):
            return problem
        if dry:
            new["metadata"].setdefault("generation", 1)
            return 200 if before else 201, self._seen(resource, new)
        if self._content(new) != self._content(before):
            self.changes += 1
            new["metadata"]["generation"] = before.get("metadata", {}).get("generation", 0) + 1
        new["metadata"] |= {"resourceVersion": str(self.changes), "uid": f"{resource}-{name}"}
        new["metadata"].setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
        self.objects[resource, namespace, name] = new
        return 200 if before else 201, self._seen(resource, new)

    def delete(self, resource: str, namespace: str, name: str) -> Answer:
        """Forget an object."""
        if resource in self.forbidden:
            return forbidden(resource, name)
        if self.objects.pop((resource, namespace, name), None) is None:
            return failure(404, "NotFound", f'{resource} "{name}" not found')
        self.deleted.append(f"{resource}/{name}")
        return 200, {"kind": "Status", "apiVersion": "v1", "status": "Success"}

    def _content(self, thing: Object) -> Object:
        kept = {key: value for key, value in thing.items() if key not in {"status", "metadata"}}
        return copy.deepcopy(kept) | {"labels": thing.get("metadata", {}).get("labels")}

    def _refusal(self, thing: Object) -> Answer | None:
        template = thing.get("spec", {}).get("template")
        if not template or not (problems := [*unrestricted(template["spec"])]):
            return None
        return failure(403, "Forbidden", f"violates PodSecurity: {'; '.join(problems)}")

    def _workloads(self, namespace: str) -> list[Object]:
        return [each for kind in _WORKLOADS for each in self.listed(kind, namespace)]

    def _seen(self, resource: str, thing: Object) -> Object:
        if resource not in _WORKLOADS:
            return thing
        replicas, name = thing["spec"].setdefault("replicas", 1), thing["metadata"]["name"]
        pods = [self._pod(thing, number) for number in range(replicas)]
        ready = sum(pod["status"]["phase"] == "Running" for pod in pods)
        ready = 0 if name in self.ended | self.crashing else ready
        status = {"observedGeneration": thing["metadata"]["generation"], "replicas": replicas}
        return thing | {"status": status | {"updatedReplicas": replicas, "readyReplicas": ready}}

    def _pods(self, workload: Object) -> list[Object]:
        return [self._pod(workload, number) for number in range(workload["spec"]["replicas"])]

    def _pod(self, workload: Object, number: int) -> Object:
        name, template = workload["metadata"]["name"], workload["spec"]["template"]
        metadata = copy.deepcopy(template["metadata"]) | {
            "name": f"{name}-{number}",
            "namespace": workload["metadata"]["namespace"],
        }
        spec = {"containers": template["spec"]["containers"]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        if self.no_room:
            why = "0/1 nodes are available: 1 Insufficient cpu."
            condition = {"type": "PodScheduled", "status": "False", "message": why}
            return pod | {"status": {"phase": "Pending", "conditions": [condition]}}
        states = [self._container(name, each) for each in template["spec"]["containers"]]
        runs = all("waiting" not in state["state"] for state in states)
        status = {"phase": "Running" if runs else "Pending", "containerStatuses": states}
        return pod | {"spec": spec | {"nodeName": "node-1"}, "status": status}

    def _container(self, service: str, container: Object) -> Object:
        image = container["image"]
        state: Object = {"running": {}}
        last: Object = {}
        if image in self.no_image:
            message = f'Back-off pulling image "{image}"'
            state = {"waiting": {"reason": "ImagePullBackOff", "message": message}}
        elif container["name"] == "main" and service in self.crashing | self.ended:
            state = {"waiting": {"reason": "CrashLoopBackOff"}}
            last = {"terminated": {"exitCode": 2 if service in self.crashing else 0}}
        found = {"name": container["name"], "image": image, "state": state, "lastState": last}
        return found | {"restartCount": 5 if last else 0}


def problem_of(thing: Object) -> Answer | None:
    """Hold an object against its schema."""
    clean = {key: value for key, value in thing.items() if key != "status"}
    own = ("generation", "resourceVersion", "uid", "creationTimestamp", "managedFields")
    metadata = {key: value for key, value in thing["metadata"].items() if key not in own}
    try:
        kubernetes_validate.validate(clean | {"metadata": metadata}, VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        place = ".".join(map(str, error.path))
        name = f'{thing["kind"]} "{thing["metadata"]["name"]}"'
        return failure(422, "Invalid", f"{name} is invalid: {place}: {error.message}")
    return None


def unrestricted(pod: Object) -> Iterator[str]:
    """Tell what of a pod the standard `restricted` does not allow."""
    whole = pod.get("securityContext", {})
    for container in (*pod.get("initContainers", []), *pod["containers"]):
        own, name = container.get("securityContext", {}), container["name"]
        if own.get("allowPrivilegeEscalation") is not False:
            yield f'container "{name}" must set allowPrivilegeEscalation=false'
        if "ALL" not in own.get("capabilities", {}).get("drop", []):
            yield f'container "{name}" must drop ALL'
        if not own.get("runAsNonRoot", whole.get("runAsNonRoot")):
            yield f'container "{name}" must set runAsNonRoot=true'
    if whole.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "seccompProfile must be RuntimeDefault"
    if pod.get("hostNetwork") or any("hostPath" in each for each in pod.get("volumes", [])):
        yield "the node must not be used"


def merged(before: Object, given: Object) -> Object:
    """Change an object by what is given; lists are given whole."""
    new = copy.deepcopy(before)
    for key, value in given.items():
        both = isinstance(value, dict) and isinstance(new.get(key), dict)
        new[key] = merged(new[key], value) if both else value
    return new


def failure(code: int, reason: str, message: str) -> Answer:
    """Answer as Kubernetes does when it refuses."""
    said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    return code, said | {"reason": reason, "message": message}


def forbidden(resource: str, name: str) -> Answer:
    """Refuse as a role-based access control does."""
    said = f'{resource} "{name}" is forbidden: User "me" cannot patch resource "{resource}"'
    return failure(403, "Forbidden", said)
