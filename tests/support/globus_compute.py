"""Globus Compute on this machine: its web service, and an endpoint with a local executor."""

from __future__ import annotations

import json
import multiprocessing
import threading
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

ENDPOINT = "0a1b2c3d-0000-4000-8000-00000000000c"
SECRET, TOKEN = "the-secret-of-the-client", "the-token"

Answer = tuple[int, dict[str, Any]]


@dataclass
class GlobusCompute:
    """Answers as Globus Compute's web service does, and runs what it is given.

    Attributes:
        url: Where it listens.
        slots: Tasks that the endpoint runs at once.
        status: Of the endpoint: online or offline.
        held: Whether the endpoint begins nothing.
        bodies: Everything that was sent to it.
    """

    url: str
    slots: int = 4
    status: str = "online"
    held: bool = False
    bodies: list[str] = field(default_factory=list)
    functions: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, Future[str] | None] = field(default_factory=dict)
    _waiting: list[tuple[str, str, str]] = field(default_factory=list)
    _pool: ProcessPoolExecutor | None = None

    @property
    def variables(self) -> dict[str, str]:
        """Bring the programs of a client here."""
        return {
            "GLOBUS_SDK_SERVICE_URL_COMPUTE": self.url,
            "GLOBUS_SDK_SERVICE_URL_AUTH": self.url,
            "GLOBUS_COMPUTE_CLIENT_ID": "0a1b2c3d-0000-4000-8000-00000000000d",
            "GLOBUS_COMPUTE_CLIENT_SECRET": SECRET,
            "no_proxy": "127.0.0.1",
        }

    def answer(self, method: str, path: str, body: str, token: str | None) -> Answer:
        """Answer a request."""
        if path == "/v2/oauth2/token":
            return 200, _token()
        if token != f"Bearer {TOKEN}":
            return 401, {"reason": "Credentials are required", "http_status_code": 401}
        self.bodies.append(body)
        match method, path.removeprefix("/").split("/"):
            case "GET", ["v2", "endpoints", endpoint, "status"] if endpoint == ENDPOINT:
                return 200, {"status": self.status, "details": {}}
            case "POST", ["v3", "functions"]:
                name = str(uuid4())
                self.functions[name] = json.loads(body)["function_code"]
                return 200, {"function_uuid": name}
            case "POST", ["v3", "endpoints", endpoint, "submit"] if endpoint == ENDPOINT:
                return 200, self._take(json.loads(body))
            case "POST", ["v2", "batch_status"]:
                asked = json.loads(body)["task_ids"]
                return 200, {
                    "results": {task: self._told(task) for task in asked if task in self.tasks}
                }
            case _:
                return 404, {"reason": "There is nothing", "http_status_code": 404}

    def release(self) -> None:
        """Begin what waits, now and from now on."""
        self.held = False
        for task, function, payload in self._waiting:
            self._begin(task, function, payload)
        self._waiting.clear()

    def forget(self) -> None:
        """Know no task any more, as the service does after two weeks."""
        self.tasks.clear()

    def kill(self) -> None:
        """Kill the endpoint's processes, as a batch system does at the end of its job."""
        if self._pool is not None:
            for process in list(self._pool._processes.values()):
                process.kill()
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _take(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        assert batch["result_serializers"] == ["globus_compute_sdk.serialize.JSONData"]
        ((function, payloads),) = batch["tasks"].items()
        begun = []
        for payload in payloads:
            task = str(uuid4())
            self.tasks[task] = None
            if self.held:
                self._waiting.append((task, function, payload))
            else:
                self._begin(task, function, payload)
            begun.append(task)
        return {"tasks": {function: begun}, "endpoint_id": ENDPOINT}

    def _begin(self, task: str, function: str, payload: str) -> None:
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.slots, mp_context=spawn)
        self.tasks[task] = self._pool.submit(call, self.functions[function], payload)

    def _told(self, task: str) -> dict[str, Any]:
        future = self.tasks[task]
        if future is None or not future.done():
            return {"task_id": task, "status": "waiting-for-nodes"}  # that is all it ever says
        if future.cancelled() or future.exception() is not None:
            reason = "ManagerLost: Task failure due to loss of manager"
            return {"task_id": task, "status": "failed", "exception": reason}
        return {"task_id": task, "status": "success", "result": future.result()}


def call(function: str, payload: str) -> str:
    """Call a function as the worker of an endpoint does with its serializers."""
    (code,) = _unpacked(function)
    arguments, named = (json.loads(_without(text, "11\n")) for text in _unpacked(payload))
    name, source = _without(code, "st\n").split(":", 1)
    namespace: dict[str, Any] = {}
    exec(source, namespace)  # noqa: S102 - as an endpoint does
    try:
        return "11\n" + json.dumps(namespace[name](*arguments, **named))
    except BaseException:
        raise RuntimeError(traceback.format_exc()) from None


@contextmanager
def globus_compute() -> Iterator[GlobusCompute]:
    """Run it, and end everything that it has begun."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    service = GlobusCompute(f"http://127.0.0.1:{server.server_port}/")
    server.service = service  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        service.kill()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _answer(self, body: str) -> None:
        service: GlobusCompute = self.server.service  # type: ignore[attr-defined]
        token = self.headers.get("Authorization")
        status, told = service.answer(self.command, self.path, body, token)
        text = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


def _token() -> dict[str, Any]:
    return {
        "access_token": TOKEN,
        "scope": "https://auth.globus.org/scopes/facd7ccc-c5f4-42aa-916b-a0e270e2c2a9/all",
        "resource_server": "funcx_service",
        "expires_in": 172_800,
        "token_type": "Bearer",
        "other_tokens": [],
    }


def _unpacked(text: str) -> list[str]:
    found = []
    while text:
        length, _, text = text.partition("\n")
        found.append(text[: int(length)])
        text = text[int(length) :]
    return found


def _without(text: str, header: str) -> str:
    assert text.startswith(header), text[:20]
    return text.removeprefix(header)
