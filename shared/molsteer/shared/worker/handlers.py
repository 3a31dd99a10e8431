"""Finds what does the work: the handlers that installed services offer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from molsteer.shared.errors import SettingsError
from molsteer.shared.messages import Topic
from molsteer.shared.worker.port import Body, TaskContext, Value

_GROUP = "molsteer.workers"


class AnyHandler(Protocol):
    """A handler whose topic is known only at run time."""

    def __call__(self, body: Body, context: TaskContext) -> Value:
        """Do the task; raises as `Handler` does."""
        ...


def installed_topics() -> list[str]:
    """Name the topics that services installed here can work on."""
    return sorted({point.name for point in entry_points(group=_GROUP)})


def find_handler(topic: Topic, given: str | None) -> str:
    """Name the function that builds a topic's handler, as `module:function`.

    Args:
        topic: What the worker works on.
        given: A function to use instead of the installed service's.

    Raises:
        SettingsError: If no installed service works on the topic.
    """
    if given is not None:
        return given
    for point in entry_points(group=_GROUP, name=topic):
        return point.value
    offered = ", ".join(installed_topics()) or "none"
    raise SettingsError(
        "the command line",
        [
            f"No service installed here works on {topic!r} (installed: {offered}). "
            f"Install molsteer-{_SERVICES[topic]}."
        ],
    )


_SERVICES: dict[Topic, str] = {
    "simulate": "simulator",
    "train": "trainer",
    "infer": "inferencer",
}


@dataclass(frozen=True)
class LazyHandler:
    """Builds a handler when the first task comes, in the process that does it.

    A service that cannot be built thus fails its tasks, with its reason, and not the worker.
    """

    reference: str

    def __call__(self, body: Body, context: TaskContext) -> Value:
        """Do a task."""
        return self._handler(body, context)

    @cached_property
    def _handler(self) -> AnyHandler:
        build = EntryPoint("handler", self.reference, _GROUP).load()
        handler: AnyHandler = build()
        return handler
