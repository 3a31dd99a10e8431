"""Serves the double of Kubernetes' API to the real kubectl."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml  # type: ignore[import-untyped]
from support.kubernetes_api import KINDS, OF_NO_NAMESPACE, VERSION, Answer, Cluster, Object, failure

_PATH = re.compile(
    r"/(?:api|apis)/(?P<version>v1|[a-z0-9.]+/v[0-9a-z]+)"
    r"(?:/namespaces/(?P<namespace>[^/]+)(?=/[a-z]))?"
    r"/(?P<resource>[a-z]+)(?:/(?P<name>[^/]+))?(?:/(?P<part>[a-z]+))?"
)


@dataclass
class KubernetesApi:
    """A cluster that answers.

    Attributes:
        cluster: What it holds.
        kubeconfig: File that tells kubectl where it is.
    """

    cluster: Cluster
    kubeconfig: Path

    @property
    def variables(self) -> dict[str, str]:
        """What lets kubectl find it."""
        return {"KUBECONFIG": str(self.kubeconfig), "HOME": str(self.kubeconfig.parent)}


@contextmanager
def kubernetes_api(folder: Path) -> Iterator[KubernetesApi]:
    """Serve a new cluster for a while."""
    cluster = Cluster()
    handler = type("Handler", (_Handler,), {"cluster": cluster, "lock": threading.RLock()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        file = folder / "kubeconfig"
        file.write_text(json.dumps(_kubeconfig(f"http://127.0.0.1:{server.server_port}")))
        try:
            yield KubernetesApi(cluster, file)
        finally:
            server.shutdown()


def _kubeconfig(url: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "double", "cluster": {"server": url}}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "double", "context": {"cluster": "double", "user": "me"}}],
        "current-context": "double",
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster: Cluster
    lock: Any

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its own name
        """Say nothing."""

    def do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        split = urlsplit(self.path)
        options = {name: values[0] for name, values in parse_qs(split.query).items()}
        with self.lock:
            code, answer = self._answer(split.path.rstrip("/"), options, body)
        text = answer if isinstance(answer, str) else json.dumps(answer)
        self.send_response(code)
        kind = "text/plain" if isinstance(answer, str) else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do

    def _answer(self, path: str, options: dict[str, str], body: bytes) -> Answer:
        if (found := _discovery(path)) is not None:
            return 200, found
        match = _PATH.fullmatch(path)
        if match is None or match["resource"] not in KINDS.get(match["version"], {}):
            return failure(404, "NotFound", "the server could not find the requested resource")
        version, resource, name = match["version"], match["resource"], match["name"]
        namespace = match["namespace"] or ""
        given = yaml.safe_load(body) if body else None
        match self.command, match["part"]:
            case "GET", "log":
                return 200, f"{self.cluster.log}\n"
            case "PATCH", "scale":
                return self._scaled(resource, namespace, name, given)
            case "GET", _ if name:
                return self._one(resource, namespace, name)
            case "GET", _:
                return 200, self._list(version, resource, namespace, options)
            case "DELETE", _:
                return self.cluster.delete(resource, namespace, name)
            case _:
                return self.cluster.apply(resource, given, dry="dryRun" in options)

    def _one(self, resource: str, namespace: str, name: str) -> Answer:
        for each in self.cluster.listed(resource, namespace):
            if each["metadata"]["name"] == name:
                return 200, each
        return failure(404, "NotFound", f'{resource} "{name}" not found')

    def _list(self, version: str, resource: str, namespace: str, options: dict[str, str]) -> Object:
        chosen = options.get("labelSelector", "")
        items = [
            each
            for each in self.cluster.listed(resource, namespace)
            if _chooses(chosen, each["metadata"].get("labels", {}))
        ]
        metadata = {"resourceVersion": str(self.cluster.changes)}
        kind = f"{KINDS[version][resource]}List"
        return {"kind": kind, "apiVersion": version, "metadata": metadata, "items": items}

    def _scaled(self, resource: str, namespace: str, name: str, given: Object) -> Answer:
        code, found = self._one(resource, namespace, name)
        if code != 200 or isinstance(found, str):
            return code, found
        replicas = given["spec"]["replicas"]
        self.cluster.apply(resource, found | {"spec": found["spec"] | given["spec"]})
        spec = {"spec": {"replicas": replicas}, "metadata": found["metadata"]}
        return 200, {"kind": "Scale", "apiVersion": "autoscaling/v1", **spec}


def _chooses(selector: str, labels: dict[str, str]) -> bool:
    """Tell whether labels are among those that a selector chooses."""
    for term in re.findall(r"([\w./-]+)(?: in \(([^)]*)\)|=([\w.-]*))", selector):
        name, several, one = term
        if labels.get(name) not in (several.split(",") if several else [one]):
            return False
    return True


def _discovery(path: str) -> Object | str | None:
    """Tell which kinds there are, as kubectl wants to know before it does anything."""
    groups = {version: dict(kinds) for version, kinds in KINDS.items()}
    of = {("/api/" if version == "v1" else "/apis/") + version: version for version in groups}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/version":
        return {"major": "1", "minor": VERSION.partition(".")[2], "gitVersion": f"v{VERSION}.0"}
    if path == "/apis":
        listed = [_group(*version.split("/")) for version in groups if "/" in version]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}
    if path == "/openapi/v2":
        return ""  # in its binary form, this holds nothing
    if path == "/openapi/v3":
        places = {name.lstrip("/"): {"serverRelativeURL": f"/openapi/v3{name}"} for name in of}
        return {"paths": places}
    if (version := of.get(path.removeprefix("/openapi/v3"))) and path.startswith("/openapi"):
        return _openapi(version)
    if version := of.get(path):
        resources = [
            each
            for name, kind in groups[version].items()
            for each in _resources(name, kind, with_scale=version == "apps/v1")
        ]
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": version,
            "resources": resources,
        }
    return None


def _group(name: str, version: str) -> Object:
    preferred = {"groupVersion": f"{name}/{version}", "version": version}
    return {"name": name, "versions": [preferred], "preferredVersion": preferred}


def _resources(name: str, kind: str, *, with_scale: bool) -> Iterator[Object]:
    verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
    spaced = name not in OF_NO_NAMESPACE
    common = {"singularName": kind.lower(), "namespaced": spaced, "verbs": verbs}
    yield common | {"name": name, "kind": kind}
    if with_scale:
        scale = {"name": f"{name}/scale", "kind": "Scale", "group": "autoscaling", "version": "v1"}
        yield common | scale


def _openapi(version: str) -> Object:
    """Tell that the server itself looks for unknown fields."""
    group, _, number = version.rpartition("/")
    parameters = [{"name": name, "in": "query"} for name in ("dryRun", "fieldValidation")]
    paths = {
        f"/{name}/{{name}}": {
            "patch": {
                "parameters": parameters,
                "x-kubernetes-group-version-kind": {
                    "group": group,
                    "version": number,
                    "kind": kind,
                },
            }
        }
        for name, kind in KINDS[version].items()
    }
    return {"openapi": "3.0.0", "info": {"title": "double", "version": "1"}, "paths": paths}
