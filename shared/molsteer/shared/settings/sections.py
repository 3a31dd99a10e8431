"""Settings that more than one service reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    model_validator,
)

from molsteer.shared.blobs.reference import Placement, StoreName
from molsteer.shared.bus.keys import DEFAULT_POOL
from molsteer.shared.messages import TOPICS, Topic


class Section(BaseModel):
    """One table of the settings file; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


def _check_redis_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"redis", "unix"}:
        raise ValueError("must begin with redis:// or unix://")
    if parts.scheme == "redis" and not parts.hostname:
        raise ValueError("names no host; write redis://HOST:PORT/DATABASE")
    if parts.port == 0:
        raise ValueError("names port 0; write redis://HOST:PORT/DATABASE")
    return url


RedisUrl = Annotated[str, AfterValidator(_check_redis_url)]


POOL_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"

Pool = Annotated[str, Field(pattern=POOL_NAME)]
"""Name of workers that take tasks from a queue of their own."""


class QueueSettings(Section):
    """Where the queues are."""

    redis_url: RedisUrl = Field(
        default="redis://127.0.0.1:6379/0",
        repr=False,
        description="Redis server of the queues, as redis://[USER:PASSWORD@]HOST:PORT/DATABASE or "
        "unix:///PATH/TO/SOCKET. Keep passwords in MOLSTEER_QUEUE__REDIS_URL, not in files.",
    )
    keys_file: Path | None = Field(
        default=None,
        description="Keys that sign tasks and outcomes, made by `molsteer keys new`; without it, "
        "whoever can write to the server can forge them. The embedded server has its own.",
    )
    prefix: str = Field(
        default="molsteer",
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        description="Begins every key in Redis, so that several deployments can share a server.",
    )
    lease_s: float = Field(
        default=120.0,
        gt=0,
        description="Seconds after which a silent worker has lost its task. Workers renew the "
        "lease six times as often.",
    )


StoreChoice = Literal[StoreName, "none"]


class StoreSettings(Section):
    """Where data goes that is too large for a message, for each topic."""

    simulate: StoreChoice = Field(
        default="redis", description="Store for quantum-chemistry records."
    )
    train: StoreChoice = Field(default="redis", description="Store for training sets and weights.")
    train_results: StoreChoice | None = Field(
        default=None, description="Store for trained weights; that of train if not given."
    )
    infer: StoreChoice = Field(
        default="file", description="Store for chunks of the search space and their candidates."
    )
    infer_results: StoreChoice | None = Field(
        default=None, description="Store for candidates; that of infer if not given."
    )
    threshold_bytes: NonNegativeInt = Field(
        default=10_000, description="Data below this size travels inside the message."
    )
    directory: Path | None = Field(
        default=None, description="Folder of the file store; every service must see it."
    )
    globus_config: Path | None = Field(
        default=None,
        description="JSON file of the sites of the Globus store: an object with, for each Globus "
        "collection, its UUID and its host_regex, endpoint_path and local_path.",
    )
    globus_wait_s: NonNegativeFloat = Field(
        default=300.0,
        description="Seconds that readers wait for data which Globus has not yet transferred.",
    )
    endpoint: UUID | None = Field(
        default=None,
        description="UUID of the ProxyStore endpoint that holds the data of the endpoint store.",
    )
    expire_s: PositiveInt = Field(
        default=7 * 24 * 3600,
        description="Seconds after which the Redis store forgets data that nobody evicted.",
    )
    cache_objects: NonNegativeInt = Field(
        default=16, description="Objects that each process keeps in memory after reading them."
    )

    @model_validator(mode="after")
    def _check_complete(self) -> StoreSettings:
        chosen = {choice for topic in TOPICS for choice in self._choices(topic)}
        missing = [
            f"the store {store} needs {name}"
            for store, name, value in (
                ("globus", "globus_config", self.globus_config),
                ("endpoint", "endpoint", self.endpoint),
            )
            if store in chosen and value is None
        ]
        if missing:
            raise ValueError(" and ".join(missing))
        return self

    def placement(self, topic: Topic, namespace: str) -> Placement:
        """Tell steering where to put the large inputs of a topic's tasks, and in whose name."""
        return self._placement(self._choices(topic)[0], namespace)

    def result_placement(self, topic: Topic, namespace: str) -> Placement:
        """Tell workers where to put the large results of a topic's tasks, and in whose name."""
        return self._placement(self._choices(topic)[1], namespace)

    def _choices(self, topic: Topic) -> tuple[StoreChoice, StoreChoice]:
        """Name the stores of a topic's inputs and of its results."""
        match topic:
            case "simulate":
                return self.simulate, self.simulate
            case "train":
                return self.train, self.train_results or self.train
            case "infer":
                return self.infer, self.infer_results or self.infer

    def _placement(self, choice: StoreChoice, namespace: str) -> Placement:
        store = None if choice == "none" else choice
        return Placement(store=store, threshold_bytes=self.threshold_bytes, namespace=namespace)


class TopicSection(Section):
    """What all kinds of task have in common."""

    pool: Pool = Field(
        default=DEFAULT_POOL,
        description="Workers that take these tasks: those started with `--pool NAME`; `default` "
        "are those started without, which `molsteer run` starts itself.",
    )


class WorkersSection(Section):
    """Workers that `molsteer run` starts on this machine."""

    local: bool = Field(
        default=True,
        description="Start the workers of all default pools here; false leaves that to "
        "`molsteer worker` elsewhere.",
    )
    server: Literal["embedded", "external"] = Field(
        default="embedded",
        description="Start a private Redis server for this run, or use the one of queue.redis_url.",
    )
