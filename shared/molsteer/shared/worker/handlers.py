"""Finds what does the work: the handlers that installed services offer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from molsteer.shared.errors import SettingsError
from molsteer.shared.telemetry.stages import stage
from molsteer.shared.wire.topics import SERVING, Topic
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
        SettingsError: If no installed service works on the topic, or there is no such function.
    """
    if given is not None:
        if problem := _problem_of(given):
            raise SettingsError("the command line", [f"--handler: {problem}"])
        return given
    for point in entry_points(group=_GROUP, name=topic):
        return point.value
    offered = ", ".join(installed_topics()) or "none"
    raise SettingsError(
        "the command line",
        [
            f"No service installed here works on {topic!r} (installed: {offered}). "
            f"Install molsteer-{SERVING[topic].service}."
        ],
    )


def _problem_of(reference: str) -> str | None:
    """Tell why there is no such function, as far as can be seen without importing it.

    Importing may take long, and what it loads may not outlive the fork of the pool.
    """
    parts = re.fullmatch(r"([\w.]+):([\w.]+)", reference)
    if parts is None:
        return f"{reference!r} names no function. Write MODULE:FUNCTION."
    module, name = parts[1], parts[2].partition(".")[0]
    found = _find(module)
    if found is None:
        return f"There is no module {module!r} here. Correct it, or install its package."
    if found.origin is None or not found.origin.endswith(".py"):
        return None
    try:
        tree = ast.parse(Path(found.origin).read_bytes())
    except (OSError, SyntaxError, ValueError) as error:
        return f"The module {module!r} cannot be read: {error}."
    names = set(_names(tree))
    if names & {name, "*", "__getattr__"}:
        return None
    return f"There is no {name!r} in the module {module!r} ({found.origin})."


def _find(module: str) -> ModuleSpec | None:
    """Find a module without importing its packages."""
    package, *below = module.split(".")
    try:
        found = find_spec(package)
    except (ImportError, ValueError):
        return None
    name = package
    for part in below:
        if found is None or found.submodule_search_locations is None:
            return None
        name = f"{name}.{part}"
        found = PathFinder.find_spec(name, found.submodule_search_locations)
    return found


def _names(tree: ast.Module) -> Iterator[str]:
    """Name what a module may hold, wherever in it that is written."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.alias(name=name, asname=given):
                yield given or name.partition(".")[0]


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
        with stage("loading the program"):
            build = EntryPoint("handler", self.reference, _GROUP).load()
            handler: AnyHandler = build()
        return handler
