"""The topics that tasks belong to, who serves them, and the pools of workers that take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Topic = Literal["simulate", "train", "infer"]
TOPICS: tuple[Topic, ...] = ("simulate", "train", "infer")

Service = Literal["simulator", "trainer", "inferencer"]


@dataclass(frozen=True, slots=True)
class Serving:
    """How the tasks of a topic are served.

    Attributes:
        service: The service whose workers take them; also its role on the server.
        takes_one_core: Whether a task holds to one core, so that a worker has as many processes as
            the machine has cores, forked from one that has loaded everything. Other tasks use all
            cores, or a GPU, which forked processes cannot.
    """

    service: Service
    takes_one_core: bool


SERVING: Mapping[Topic, Serving] = MappingProxyType(
    {
        "simulate": Serving("simulator", takes_one_core=True),
        "train": Serving("trainer", takes_one_core=False),
        "infer": Serving("inferencer", takes_one_core=False),
    }
)

DEFAULT_POOL = "default"
"""The pool of workers that were given none."""
