"""What packages add to molsteer under a name of their choice, found through entry points."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import ClassVar, Literal

from molsteer.shared.errors import TaskError, UserError
from molsteer.shared.suggestions import did_you_mean

Kind = Literal["level of theory", "acquisition"]

GROUPS: dict[Kind, str] = {
    "level of theory": "molsteer.simulators",
    "acquisition": "molsteer.acquisitions",
}
"""The entry-point group of each kind; what molsteer brings itself is in there as well."""


class PluginMissing(TaskError, UserError):
    """A name that no package installed here knows; another machine may."""

    code: ClassVar[str] = "plugin-missing"
    retryable: ClassVar[bool] = True

    def __init__(self, kind: Kind, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"The {kind} {name!r} is not installed here (installed: {', '.join(known) or 'none'})."
            f"{did_you_mean(name, known)} Install the package that offers it, or choose another."
        )
        self.kind, self.name, self.known = kind, name, tuple(known)


def find_plugin(kind: Kind, name: str) -> EntryPoint:
    """Find what a package offers under a name; nothing is imported yet.

    Raises:
        PluginMissing: If no package does; names what there is.
    """
    for point in entry_points(group=GROUPS[kind], name=name):
        return point
    raise PluginMissing(kind, name, plugin_names(kind))


def plugin_names(kind: Kind) -> list[str]:
    """Name everything of a kind that is installed here."""
    return sorted(entry_points(group=GROUPS[kind]).names)
