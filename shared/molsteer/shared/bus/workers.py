"""Signs of life of workers: how they say that they are ready, and who is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Annotated

from pydantic import Field, PositiveInt, ValidationError

from molsteer.shared.bus.connection import as_bytes, connect, reaching
from molsteer.shared.bus.names import Keys
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.base import Message
from molsteer.shared.wire.blob import StoreName
from molsteer.shared.wire.bounds import Count, Duration, Name, Ordinal, SiteName, SizeBytes
from molsteer.shared.wire.topics import DEFAULT_POOL, Topic

SIGN_EVERY_S = 5.0
"""How often a worker shows that it lives; three missed signs and it counts as gone."""


class WorkerUse(Message):
    """What a worker holds and uses of its machine.

    Attributes:
        cores: Cores that its tasks may use; others on the machine may use the same.
        machine_cores: Cores of the machine, whoever uses them.
        cpu_s: Processor time of all its processes so far.
        memory_bytes: Memory of all its processes.
        gpus: GPUs that its tasks may use.
        gpu_busy: Part of the time that they computed lately, on average.
        gpu_memory_bytes: What of their memory is in use.
        gpu_ids: What each GPU is called, so that one that several workers use is known as one.
    """

    cores: Count
    machine_cores: Ordinal
    cpu_s: Duration
    memory_bytes: SizeBytes
    gpus: Count = 0
    gpu_busy: Annotated[float, Field(ge=0, le=1)] | None = None
    gpu_memory_bytes: SizeBytes = 0
    gpu_ids: tuple[Name, ...] = ()


class WorkerInfo(Message):
    """What a worker says about itself.

    Attributes:
        version: Version of molsteer-shared it runs.
        processes: How many tasks it runs at a time.
        pool: Name of the pool it belongs to.
        node: Name that no other worker has or had; host and process do not tell containers apart.
        python: Version of its interpreter.
        site: Name of the site that started it; empty if none did.
        use: What it uses, once it has measured that.
        stores: The blob stores that its settings describe.
    """

    version: str
    processes: PositiveInt
    topic: Topic
    pool: str = DEFAULT_POOL
    node: str = ""
    host: str
    pid: PositiveInt
    python: str
    site: SiteName = ""
    use: WorkerUse | None = None
    stores: tuple[StoreName, ...] = ()


class SignOfLife:
    """A worker's entry among the living; it fades unless it is shown again.

    Both methods raise `ServiceUnavailable` if Redis does not answer.
    """

    def __init__(self, queue: QueueSettings, info: WorkerInfo) -> None:
        self._url = queue.server_url
        self._client = connect(self._url)
        self._key = Keys(queue.prefix).worker(info.topic, info.node or f"{info.host}:{info.pid}")
        self._info = info
        self._text = info.model_dump_json()

    def show(self, use: WorkerUse | None = None) -> None:
        """Be there for the next while, and tell what is used if that was measured anew."""
        if use is not None:
            self._text = self._info.model_copy(update={"use": use}).model_dump_json()
        with reaching(self._url):
            self._client.set(self._key, self._text, px=round(3_000 * SIGN_EVERY_S))

    def withdraw(self) -> None:
        """Be gone at once."""
        with reaching(self._url):
            self._client.delete(self._key)


def start_command(topic: Topic, pool: str) -> str:
    """Give the command that starts a worker of a pool."""
    option = "" if pool == DEFAULT_POOL else f" --pool {pool}"
    return f"molsteer worker {topic}{option}"


def strangers(workers: Iterable[WorkerInfo]) -> Iterator[tuple[str, str]]:
    """Tell about each worker of another version than this process, and the cure."""
    ours = version("molsteer-shared")
    for worker in workers:
        if worker.version != ours:
            sentence = (
                f"{worker.topic}: process {worker.pid} on {worker.host} runs molsteer "
                f"{worker.version}, this machine {ours}."
            )
            yield sentence, "Install the same version on both, and start the worker again."


def live_workers(queue: QueueSettings) -> list[WorkerInfo]:
    """Tell which workers are ready or at work now, by topic, host and process.

    Raises:
        ServiceUnavailable: If Redis does not answer or refuses us.
    """
    url = queue.server_url
    with reaching(url), connect(url) as client:
        keys = list(client.scan_iter(match=Keys(queue.prefix).worker("*", "*"), count=1000))
        signs = client.mget(keys) if keys else []
    workers = [worker for sign in signs if sign is not None for worker in _read(as_bytes(sign))]
    return sorted(workers, key=lambda worker: (worker.topic, worker.host, worker.pid, worker.node))


def _read(sign: bytes) -> list[WorkerInfo]:
    try:
        return [WorkerInfo.model_validate_json(sign)]
    except ValidationError:
        return []  # of another version, which steering could not use
