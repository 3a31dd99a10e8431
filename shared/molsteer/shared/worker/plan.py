"""Everything a worker was asked to be, in one piece that its processes share."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, PositiveInt

from molsteer.shared.bus.names import Keys
from molsteer.shared.settings.sections import QueueSettings, StoreSettings
from molsteer.shared.telemetry.logs import LogLevel
from molsteer.shared.wire.key_ring import UNSIGNED, KeyRing
from molsteer.shared.wire.topics import Topic
from molsteer.shared.worker.walltime import Walltime


class WorkerPlan(BaseModel):
    """What to work on, with how many processes, and where everything is.

    Attributes:
        pool: The pool whose tasks these are.
        handler: The function that builds the topic's handler, as `module:function`.
        node: Name of this worker that no other worker ever had.
        site: Name of the site that started it; empty if none did.
        block: Name of the block it is in, and without which it ends; empty for none.
        scratch: Folder for the scratch folders of all its tasks.
        walltime: The time that the worker has, where it is limited.
        key_ring: The topic's keys, for messages both ways.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: Topic
    pool: str
    processes: PositiveInt
    handler: str
    node: str
    site: str = ""
    block: str = ""
    scratch: Path
    queue: QueueSettings
    stores: StoreSettings
    log_level: LogLevel
    log_file: Path | None
    walltime: Walltime | None = None
    key_ring: KeyRing = UNSIGNED

    @property
    def keys(self) -> Keys:
        """The keys of the queue it serves."""
        return Keys(self.queue.prefix, {self.topic: self.pool})

    def claim(self, pid: int) -> str:
        """Name one of the worker's processes, as it signs its leases."""
        return f"{self.node}/{pid}"
