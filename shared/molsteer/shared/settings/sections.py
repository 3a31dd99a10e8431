"""Settings that more than one service reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
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

from molsteer.shared.host.files.private_files import check_readable, read_password, read_private
from molsteer.shared.settings.server_url import (
    ServerUrl,
    check_redis_url,
    holds_password,
    whole_url,
)
from molsteer.shared.wire.blob import Placement, StoreName
from molsteer.shared.wire.topics import DEFAULT_POOL, TOPICS, Topic


class Section(BaseModel):
    """One table of the settings file; unknown keys and infinite numbers are errors."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False
    )


LISTS = ("level", "objective")
"""Tables of a campaign's file of which there may be several, as `[[level]]`."""

TABLES = (
    *("campaign", *LISTS, "filter", "policy", "simulate", "train", "infer"),
    *("queue", "stores", "workers", "metrics", "notify", "costs"),
)
"""The tables of a campaign's file, of which each service reads some."""

SITE_TABLES = (
    *("site", "redis", "batch", "image", "kubernetes"),
    *("simulator", "trainer", "inferencer"),
)
"""The tables that only the profile of a site has."""


RedisUrl = Annotated[str, AfterValidator(check_redis_url)]


PREFIX = r"^[a-z0-9][a-z0-9-]*$"

POOL_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"

Pool = Annotated[str, Field(pattern=POOL_NAME)]
"""Name of workers that take tasks from a queue of their own."""


_TLS_FILES = {
    "tls_ca_file": "ssl_ca_certs",
    "tls_certificate_file": "ssl_certfile",
    "tls_key_file": "ssl_keyfile",
}
"""Our settings, and what clients of Redis call them."""

SERVER_SETTINGS = {"redis_url", "password_file", *_TLS_FILES}
"""Everything in [queue] that says where the server is and how to get in."""


class QueueSettings(Section):
    """Where the queues are."""

    redis_url: RedisUrl = Field(
        default="redis://127.0.0.1:6379/0",
        repr=False,
        description="Redis server of the queues, as redis://[USER:PASSWORD@]HOST:PORT/DATABASE, "
        "rediss:// for TLS, or unix:///PATH/TO/SOCKET. Passwords belong into password_file or "
        "MOLSTEER_QUEUE__REDIS_URL; a settings file with one must have mode 600.",
    )
    password_file: Path | None = Field(
        default=None,
        description="File that holds the password alone, of mode 600; instead of one in redis_url.",
    )
    tls_ca_file: Path | None = Field(
        default=None,
        description="Certificates (PEM) of authorities that vouch for the server, beside those "
        "that this machine trusts. Certificate and host name are always verified.",
    )
    tls_certificate_file: Path | None = Field(
        default=None, description="Our own certificate (PEM), for a server that asks for one."
    )
    tls_key_file: Path | None = Field(
        default=None, description="Private key (PEM) of our certificate, of mode 600."
    )
    keys_file: Path | None = Field(
        default=None,
        description="Keys that sign tasks and outcomes, made by `molsteer keys new`; without it, "
        "whoever can write to the server can forge them. The embedded server has its own.",
    )
    prefix: str = Field(
        default="molsteer",
        pattern=PREFIX,
        description="Begins every key in Redis, so that several deployments can share a server.",
    )
    lease_s: float = Field(
        default=120.0,
        gt=0,
        description="Seconds after which a silent worker has lost its task. Workers renew the "
        "lease six times as often.",
    )
    packet_s: float = Field(
        default=1.0, ge=0, le=1, description="Seconds of work in a message; 0 is one task in each."
    )

    @model_validator(mode="after")
    def _check_access(self) -> QueueSettings:
        named = [name for name in _TLS_FILES if getattr(self, name) is not None]
        if named and not self.redis_url.startswith("rediss://"):
            raise ValueError(f"{named[0]} is of no use unless redis_url begins with rediss://")
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("tls_certificate_file and tls_key_file belong together")
        if self.password_file is not None and holds_password(self.redis_url):
            raise ValueError("redis_url and password_file both give a password; leave one out")
        return self

    @property
    def server_url(self) -> ServerUrl:
        """The server, with all that it takes to get in.

        Raises:
            UnusableFile: If a file of password, certificates or key cannot be used.
        """
        password = None if self.password_file is None else read_password(self.password_file)
        if self.tls_key_file is not None:
            read_private(self.tls_key_file)
        files = {parameter: getattr(self, name) for name, parameter in _TLS_FILES.items()}
        named = {parameter: file for parameter, file in files.items() if file is not None}
        for file in named.values():
            check_readable(file)
        return whole_url(self.redis_url, password, named)

    def at(self, server: ServerUrl) -> QueueSettings:
        """Give the same queues on another server."""
        nothing = dict.fromkeys(("password_file", *_TLS_FILES))
        return self.model_copy(update=nothing | {"redis_url": server})


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
    file_wait_s: NonNegativeFloat = Field(
        default=10.0,
        description="Seconds that readers wait for a file of the file store which network file "
        "systems do not show yet; then its data is missing.",
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
    keep_directory: Path | None = Field(
        default=None,
        description="Folder on a disk of this machine or site where services keep what they read "
        "from other stores than file, so that a slow line carries it once.",
    )
    keep_bytes: PositiveInt = Field(
        default=20_000_000_000,
        description="What is in that folder at most; what was used longest ago goes first.",
    )
    ahead_bytes: NonNegativeInt = Field(
        default=2_000_000_000,
        description="What workers fetch into that folder before a task asks for it, at most, and "
        "never more than half of keep_bytes; 0 lets them fetch nothing in advance.",
    )

    @model_validator(mode="after")
    def _check_complete(self) -> StoreSettings:
        missing = [
            f"the store {store} needs {name}"
            for store, name, value in (
                ("globus", "globus_config", self.globus_config),
                ("endpoint", "endpoint", self.endpoint),
            )
            if store in self.chosen and value is None
        ]
        if missing:
            raise ValueError(" and ".join(missing))
        return self

    @property
    def chosen(self) -> set[StoreName]:
        """The stores that inputs or results of any topic go to."""
        return {choice for topic in TOPICS for choice in self._choices(topic) if choice != "none"}

    def used_by(self, topic: Topic) -> set[StoreName]:
        """The stores that inputs or results of a topic go to."""
        return {choice for choice in self._choices(topic) if choice != "none"}

    @property
    def described(self) -> tuple[StoreName, ...]:
        """The stores that a process with these settings has."""
        there: dict[StoreName, object] = {
            "redis": True,
            "file": self.directory,
            "globus": self.globus_config,
            "endpoint": self.endpoint,
        }
        return tuple(name for name, place in there.items() if place is not None)

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
        description="Start a private Redis server for this run, or use the one of queue.redis_url; "
        "external where that is given and this is not.",
    )
