"""One block of workers, as data: what a job script says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from molsteer.shared.wire.topics import Topic


@dataclass(frozen=True, slots=True)
class Image:
    """How the worker of a block runs in an image.

    Attributes:
        file: The image.
        runtime: Command that runs it.
        unpacked: Whether it is unpacked on the node's disk first.
        binds: Folders that it sees.
        gpu_flag: How it gets at GPUs; empty without them.
    """

    file: Path
    runtime: str
    unpacked: bool
    binds: tuple[str, ...]
    gpu_flag: str


@dataclass(frozen=True, slots=True)
class Tunnel:
    """How a block reaches Redis through another machine.

    Attributes:
        through: The machine, as ssh names it.
        host: The server, as that machine reaches it.
        port: Its port.
        user: Who connects; empty for nobody in particular.
    """

    through: str
    host: str
    port: int
    user: str


@dataclass(frozen=True, slots=True)
class Block:
    """One job.

    Attributes:
        site: The site's name.
        name: The job's, which no other deployment's jobs have.
        script: Where the script is, for blocks of several nodes.
        logs: Folder of what jobs say.
        walltime_s: How long the job lasts; None for no end.
        worker: Arguments of `molsteer worker`, without its end.
        molsteer: Command of molsteer outside images.
    """

    site: str
    topic: Topic
    name: str
    script: Path
    logs: Path
    walltime_s: int | None
    nodes: int
    cores: int
    gpus: int
    account: str | None
    queue: str | None
    qos: str | None
    constraint: str | None
    options: tuple[str, ...]
    modules: tuple[str, ...]
    setup: tuple[str, ...]
    proxy: str | None
    local_disk: str
    molsteer: str
    worker: tuple[str, ...]
    image: Image | None
    tunnel: Tunnel | None

    @property
    def one_worker_per_gpu(self) -> bool:
        """Whether each GPU of a node has a worker of its own."""
        return self.topic != "simulate" and self.gpus > 1


def clock(seconds: int) -> str:
    """Write a walltime as all batch systems read it."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
